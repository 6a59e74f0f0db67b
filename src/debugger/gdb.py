"""How gdb shows the handles: Arc(strong=2, weak=1) = {value = ...}.

rustc puts this into the programs that it builds with debug information. gdb loads it from there
if its `auto-load safe-path` names the program's directory.
"""

import gdb
import gdb.printing

WEAK_BITS = 30  # The width of the weak field. The bits above it are the strong handles minus one.


class Handle:
    def __init__(self, handle, name):
        self._name = name
        pointer = handle["value"]["pointer"]
        fat = pointer.type.code != gdb.TYPE_CODE_PTR
        self._pointer = pointer
        self._metadata = pointer.type.fields()[1].name if fat else None
        self._data = pointer[pointer.type.fields()[0]] if fat else pointer
        u64 = gdb.lookup_type("u64")
        address = int(self._data.cast(gdb.lookup_type("usize")))
        # The address of `Weak::new`.
        self._dangling = address == (1 << 8 * self._data.type.sizeof) - 1
        if not self._dangling:
            word = int(gdb.Value(address - 8).cast(u64.pointer()).dereference())
            self._weak = word & ((1 << WEAK_BITS) - 1)
            # If the sign bit is set, there is no strong handle.
            self._strong = 0 if word >> 63 else (word >> WEAK_BITS) + 1
            self._alive = self._strong > 0 or name == "UniqueArc"
            if self._alive:
                self._weak -= 1  # The implicit weak.

    def to_string(self):
        if self._dangling:
            return self._name + "(no allocation)"
        if self._name == "UniqueArc":
            return "UniqueArc(weak={})".format(self._weak)
        return "{}(strong={}, weak={})".format(self._name, self._strong, self._weak)

    def children(self):
        if self._dangling or not self._alive:
            return
        pointee = "" if self._metadata is None else self._pointer.type.name.replace("*const ", "", 1)
        if self._metadata is None:
            yield "value", self._data.dereference()
        elif pointee == "str":
            yield "value", self._str()
        elif pointee.startswith("["):
            yield "value", self._slice()
        elif pointee.startswith(("dyn ", "(dyn ")):
            yield "value", self._object()
        else:
            # A struct with an unsized last field, of which gdb knows neither size nor place.
            value = self._data.dereference()
            for field in value.type.fields()[:-1]:
                yield field.name, value[field]

    def _str(self):
        length = int(self._pointer["length"])
        return self._data.lazy_string("utf-8", length) if length else '""'

    def _slice(self):
        length = int(self._pointer["length"])
        if length == 0:
            return "[]"
        array = self._data.type.target().array(length - 1)
        return self._data.cast(array.pointer()).dereference()

    def _object(self):
        # gdb finds the value's type from the vtable, but only in expressions.
        gdb.set_convenience_variable("proven_arc", self._pointer)
        try:
            return gdb.parse_and_eval("*$proven_arc")
        except gdb.error:
            return self._pointer


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("proven-arc")
    for name, path in [
        ("Arc", "arc::Arc"),
        ("Weak", "weak::Weak"),
        ("UniqueArc", "unique::UniqueArc"),
    ]:
        collection.add_printer(
            name, "^proven_arc::" + path + "<", lambda handle, name=name: Handle(handle, name)
        )
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
