"""How gdb shows the handles: Arc(strong=2, weak=1) = {value = ...}.

rustc puts this into the programs that it builds with debug information. gdb loads it from there
if its `auto-load safe-path` names the program's directory.
"""

import gdb
import gdb.printing

WEAK_BITS = 30  # The width of the weak field. The bits above it are the strong handles minus one.
STRINGS = {"str": 0, "std::path::Path": 0, "std::ffi::os_str::OsStr": 0, "core::ffi::c_str::CStr": 1}


class Handle:
    """Shows the counts in the word at an address, and the value while it is alive."""

    def __init__(self, name, word, value):
        self._name = name
        self._word = word  # `None` for a `Weak` without an allocation.
        self._value = value  # A function that returns the children.

    def _counts(self):
        word = int(at(self._word, gdb.lookup_type("u64")))
        # If the sign bit is set, there is no strong handle.
        strong = 0 if word >> 63 else (word >> WEAK_BITS) + 1
        # A value that is alive has an implicit weak.
        alive = strong > 0 or self._name == "UniqueArc"
        return strong, (word & ((1 << WEAK_BITS) - 1)) - alive, alive

    def to_string(self):
        if self._word is None:
            return self._name + "(no allocation)"
        strong, weak, _ = self._counts()
        if self._name == "UniqueArc":
            return "UniqueArc(weak={})".format(weak)
        return "{}(strong={}, weak={})".format(self._name, strong, weak)

    def children(self):
        return self._value() if self._word is not None and self._counts()[2] else iter(())


def handle(value, name):
    """Of `Arc`, `Weak`, `UniqueArc` and `ArcBorrow`: a pointer to the value."""
    pointer = value["value"]["pointer"]
    return Handle(name, word_of(pointer), lambda: pointee(pointer))


def thin(value, name):
    """Of `ThinArc` and `ThinWeak`: a handle to the length, which is in front of the value."""
    target = value.type.name.split("<", 1)[1][:-1]
    length = value["length"]
    while not length.type.name.startswith("proven_arc::"):
        length = length[length.type.fields()[0]]
    pointer = length["value"]["pointer"]
    return Handle(name, word_of(pointer), lambda: behind(pointer, target))


def part(value, name):
    """Of `ArcRef` and `WeakRef`: a pointer to a part, and a handle to the whole."""
    return Handle(name, word_of(value["whole"]["value"]["pointer"]), lambda: pointee(value["part"]["pointer"]))


def static(value, name):
    """Of `StaticArc`."""
    return Handle(name, int(value["word"].address), lambda: iter([("value", value["value"])]))


def static_str(value, name):
    """Of `StaticStr` and `StaticThinStr`."""
    value = value[value.type.fields()[0]]
    bytes = value["value"] if name == "StaticStr" else value["value"]["value"]
    length = bytes.type.sizeof
    return Handle(name, int(value["word"].address), lambda: iter([("value", text(bytes.address, length))]))


def is_wide(pointer):
    return pointer.type.code != gdb.TYPE_CODE_PTR


def data_of(pointer):
    return pointer[pointer.type.fields()[0]] if is_wide(pointer) else pointer


def address_of(data):
    return int(data.cast(gdb.lookup_type("usize")))


def at(address, type):
    return gdb.Value(address).cast(type.pointer()).dereference()


def word_of(pointer):
    """Returns the address of the word in front of the value, or `None` for that of `Weak::new`."""
    data = data_of(pointer)
    address = address_of(data)
    return None if address == (1 << 8 * data.type.sizeof) - 1 else address - 8


def pointee(pointer):
    """Yields the children that show what the pointer of a handle points to."""
    data = data_of(pointer)
    if not is_wide(pointer):
        yield "value", data.dereference()
        return
    target = pointer.type.name.replace("*const ", "", 1)
    metadata = pointer[pointer.type.fields()[1]]
    if target in STRINGS:
        yield "value", text(data, int(metadata) - STRINGS[target])
    elif target.startswith("["):
        yield "value", array(data, int(metadata))
    elif target.startswith(("dyn ", "(dyn ")):
        yield "value", object(pointer)
    else:
        is_object = pointer.type.fields()[1].name == "vtable"
        yield from unsized(data.dereference(), None if is_object else int(metadata))


def behind(pointer, target):
    """Yields the children that show the value behind the length of a thin handle."""
    address = address_of(pointer)
    length = int(pointer.dereference())

    def value(type):
        align = max(type.alignof, 1)
        return at((address + pointer.type.sizeof + align - 1) // align * align, type)

    if target == "str":
        yield "value", text(value(gdb.lookup_type("u8")).address, length)
        return
    try:
        type = gdb.lookup_type(target[1:-1] if target.startswith("[") else target)
    except gdb.error:
        # gdb does not find each type by its name.
        yield "length", length
        return
    if target.startswith("["):
        yield "value", array(value(type).address, length)
    else:
        yield from unsized(value(type), length)


def unsized(value, length):
    """Yields the fields of a struct whose last field has no size, of `length` elements. gdb takes
    that field for its first element. The last field of an object (`length` is `None`) is left out,
    since gdb knows neither its place nor its type.
    """
    *fields, last = value.type.fields()
    for field in fields:
        yield field.name, value[field]
    if length is None:
        return
    rest = value[last]
    if last.type.name.startswith("proven_arc::thin::HeaderSlice<"):
        yield from unsized(rest, length)
    elif value.type.name.endswith("str>"):
        yield last.name, text(rest.address, length)
    else:
        yield last.name, array(rest.address, length)


def text(data, length):
    data = data.cast(gdb.lookup_type("u8").pointer())
    return data.lazy_string("utf-8", length) if length > 0 else '""'


def array(data, length):
    element = data.type.target()
    if length == 0:
        return "[]"
    if element.sizeof == 0:
        return "[{}; {}]".format(element.name, length)
    return data.cast(element.array(length - 1).pointer()).dereference()


def object(pointer):
    # gdb finds the value's type from the vtable, but only in expressions.
    gdb.set_convenience_variable("proven_arc", pointer)
    try:
        return gdb.parse_and_eval("*$proven_arc")
    except gdb.error:
        return pointer


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("proven-arc")
    for path, printer in [
        ("arc::Arc<", handle),
        ("weak::Weak<", handle),
        ("unique::UniqueArc<", handle),
        ("borrow::ArcBorrow<", handle),
        ("thin::ThinArc<", thin),
        ("thin::ThinWeak<", thin),
        ("project::ArcRef<", part),
        ("project::WeakRef<", part),
        ("statics::StaticArc<", static),
        ("statics::StaticStr<", static_str),
        ("statics::StaticThinStr<", static_str),
    ]:
        name = path.split("::")[1][:-1]
        collection.add_printer(
            name,
            "^proven_arc::" + path,
            lambda value, printer=printer, name=name: printer(value, name),
        )
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
