//! The packages to switch: their files, and whether the work tree is clean.

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::{Edition, Metadata, MetadataCommand, Package, TargetKind};
use ignore::WalkBuilder;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How to run cargo.
#[derive(Clone, Debug)]
pub struct Cargo {
    pub directory: PathBuf,
    /// A rustup toolchain such as `nightly`. By default, the directory's.
    pub toolchain: Option<String>,
    pub offline: bool,
    pub variables: Vec<(String, String)>,
}

impl Cargo {
    pub fn in_directory(directory: PathBuf) -> Self {
        Self { directory, toolchain: None, offline: false, variables: Vec::new() }
    }

    pub fn command(&self, subcommand: &str) -> Command {
        let mut command = match &self.toolchain {
            None => Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into())),
            Some(toolchain) => {
                let mut command = Command::new("cargo");
                command.arg(format!("+{toolchain}")).env_remove("RUSTUP_TOOLCHAIN");
                command
            }
        };
        command.arg(subcommand).current_dir(&self.directory);
        command.args(self.offline.then_some("--offline"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn metadata(&self) -> Result<Metadata> {
        let mut command = self.command("metadata");
        let output = command.args(["--format-version=1", "--no-deps"]).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo metadata: {error}");
        Ok(MetadataCommand::parse(String::from_utf8(output.stdout)?)?)
    }
}

/// Returns the packages with these names. Without names, returns the package of the directory, or
/// the workspace's default members.
pub fn chosen<'a>(
    metadata: &'a Metadata,
    directory: &Path,
    names: &[String],
) -> Result<Vec<&'a Package>> {
    let members = metadata.workspace_packages();
    if names.is_empty() {
        let directory = directory.canonicalize()?;
        let here =
            |package: &&&Package| root(package).canonicalize().is_ok_and(|root| root == directory);
        return Ok(match members.iter().find(here) {
            Some(package) => vec![*package],
            None => metadata.workspace_default_packages(),
        });
    }
    names
        .iter()
        .map(|name| {
            let found = members.iter().find(|package| package.name == *name).copied();
            found.with_context(|| format!("no package `{name}` in the workspace"))
        })
        .collect()
}

/// The directory of the package.
pub fn root(package: &Package) -> &Path {
    package.manifest_path.parent().expect("a file is in a directory").as_std_path()
}

/// The kind of a file to change.
pub enum Kind {
    Rust,
    /// Documentation whose examples are tests.
    Markdown,
}

/// Returns the Rust files of the package, and the Markdown files that they include. That excludes
/// the build script, which has its own dependencies, and packages in directories below.
pub fn files(package: &Package, target: &Path) -> Result<Vec<(PathBuf, Kind)>> {
    let root = root(package);
    let scripts: BTreeSet<&Path> = package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::CustomBuild))
        .map(|target| target.src_path.as_std_path())
        .collect();
    let (of, except) = (root.to_owned(), target.to_owned());
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(true)
        .filter_entry(move |entry| {
            let path = entry.path();
            path == of || path != except && !path.join("Cargo.toml").is_file()
        })
        .build();
    let mut files = Vec::new();
    let mut included = BTreeSet::new();
    for entry in walk {
        let path = entry?.into_path();
        if path.extension().is_some_and(|kind| kind == "rs") && !scripts.contains(&*path) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let directory = path.parent().expect("a file is in a directory");
            for include in text.split("include_str!(").skip(1) {
                let name = include.split('"').nth(1).filter(|name| name.ends_with(".md"));
                if let Some(file) = name.and_then(|name| directory.join(name).canonicalize().ok()) {
                    included.insert(file);
                }
            }
            files.push((path, Kind::Rust));
        }
    }
    files.extend(included.into_iter().map(|path| (path, Kind::Markdown)));
    Ok(files)
}

pub fn edition(package: &Package) -> &'static str {
    match package.edition {
        Edition::E2015 => "2015",
        Edition::E2018 => "2018",
        Edition::E2021 => "2021",
        _ => "2024",
    }
}

/// Fails unless version control shows each change, and can revert it. That includes files outside
/// of the package's directory, behind links or in `include_str!`.
pub fn require_clean(package: &Package, target: &Path) -> Result<()> {
    let directory = root(package).canonicalize()?;
    let files = files(package, target)?.into_iter().map(|(path, _)| path.canonicalize());
    let files = files.collect::<Result<BTreeSet<_>, _>>()?;
    let outside = files.iter().filter(|path| !path.starts_with(&directory));
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&directory);
        command
    };
    let status = git(&["status", "--porcelain", "--", "."]).args(outside).output();
    let Some(output) = status.ok().filter(|output| output.status.success()) else {
        bail!(
            "{directory:?}, or a file that it includes, is not in a git repository. \
             --allow-dirty changes it anyway"
        );
    };
    let check = git(&["check-ignore", "--"]).args(&files).output()?;
    // 1 means that git ignores none of the files.
    let error = String::from_utf8_lossy(&check.stderr);
    ensure!(matches!(check.status.code(), Some(0 | 1)), "git check-ignore: {error}");
    let ignored = String::from_utf8_lossy(&check.stdout);
    ensure!(
        ignored.trim().is_empty(),
        "git ignores some of the files. --allow-dirty changes them anyway:\n{}",
        ignored.trim_end()
    );
    let changed = String::from_utf8_lossy(&output.stdout);
    ensure!(
        changed.trim().is_empty(),
        "the work tree has changes that are not committed. --allow-dirty changes it anyway:\n{}",
        changed.trim_end()
    );
    Ok(())
}
