//! The machine and the compiler.

use std::process::Command;
use std::{env, fs, thread};

/// The facts that a reader needs to judge the figures, each with its name.
pub fn describe() -> Vec<(&'static str, String)> {
    let (model, cores) = (model(), cores());
    let mut facts = vec![
        ("machine", format!("{model} ({}), {cores} cores, {}", env::consts::ARCH, env::consts::OS)),
        ("compiler", compiler()),
    ];
    if let Some(atomics) = atomics() {
        facts.push(("atomics", atomics.to_owned()));
    }
    facts
}

/// Formats the facts as a Markdown list.
pub fn list(facts: &[(&str, String)]) -> String {
    facts.iter().map(|(name, fact)| format!("- *{name}*: {fact}\n")).collect()
}

pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The model of the processor, and of the machine if the system knows it.
fn model() -> String {
    let model = match env::consts::OS {
        "macos" => output("sysctl", &["-n", "machdep.cpu.brand_string"]),
        _ => in_proc_cpuinfo("model name").or_else(in_lscpu).or_else(arm_part),
    };
    let machine = ["/proc/device-tree/model", "/sys/devices/virtual/dmi/id/product_name"];
    let machine = machine.into_iter().find_map(line_of_file);
    let known: Vec<_> = model.into_iter().chain(machine).collect();
    if known.is_empty() { "unknown".to_owned() } else { known.join(", ") }
}

fn in_proc_cpuinfo(key: &str) -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.trim() == key).map(|(_, value)| value.trim().to_owned())
}

/// The processor's name by `lscpu`, which knows the names of ARM processors. `/proc/cpuinfo` does
/// not.
fn in_lscpu() -> Option<String> {
    let info = output("lscpu", &[])?;
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    let model = lines.find(|(key, _)| key.trim() == "Model name")?.1.trim().to_owned();
    (!matches!(&*model, "" | "-")).then_some(model)
}

/// The numbers that identify an ARM processor.
fn arm_part() -> Option<String> {
    let implementer = in_proc_cpuinfo("CPU implementer")?;
    let part = in_proc_cpuinfo("CPU part")?;
    Some(format!("CPU implementer {implementer}, part {part}"))
}

fn line_of_file(file: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let text = text.trim_matches(|char: char| char == '\0' || char.is_whitespace());
    (!text.is_empty()).then(|| text.to_owned())
}

/// The kind of atomic instructions. ARM has two, and some programs choose at run time.
#[cfg(target_arch = "aarch64")]
fn atomics() -> Option<&'static str> {
    Some(match (cfg!(target_feature = "lse"), std::arch::is_aarch64_feature_detected!("lse")) {
        (true, _) => "LSE, inline",
        (false, true) => "LSE, not inline: outlined functions choose it at run time",
        (false, false) => "no LSE: pairs of load-exclusive and store-exclusive",
    })
}

#[cfg(not(target_arch = "aarch64"))]
fn atomics() -> Option<&'static str> {
    None
}

fn compiler() -> String {
    output("rustc", &["--version"]).map_or_else(
        || "unknown (no rustc in PATH)".to_owned(),
        |version| format!("{version} (the one in PATH)"),
    )
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
