"""Runs a program and records what its expressions really gave; inside the environment that judges.

Needs the standard library alone; where the program imports jax and flax, their values are described
too. Reads one job a line and answers with one line of JSON each:

    {"path": main file, "texts": {path: text of the files to record}, "timeout": seconds}

A job runs in a child that is forked for it. Every expression `e` of a recorded file is compiled as
`_nnx_record(n, e)`, where `n` is the number of its place. Positions stay as they are, so that
tracebacks, and the frames on the stack, tell which call is under way.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import hashlib
import importlib
import importlib.machinery
import inspect
import io
import itertools
import json
import os
import pathlib
import resource
import select
import signal
import sys
import time
import types
import warnings

VISITS = 40
"""How often one place is recorded at most."""
CHAINS = 8
"""Over how many ways to a place its visits are spread at most."""
EACH = 4
"""How many visits of one place are recorded by one way."""
DEEPEST = 3
ITEMS = 16
MEMORY = 16 * 2**30

RECORD = "_nnx_record"
_ARRAYS = ("PRNGKeyArray", "ArrayImpl", "ShapeDtypeStruct", "TypedNdArray")
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


# Instrumenting ------------------------------------------------------------------------------------------------------


class Places:
    """The numbered expressions of all recorded files."""

    def __init__(self):
        self.rows = []
        self.definitions = {}
        """(file, first line of the code object) → the line of its `def` or `class`."""

    def line(self, code):
        """The line that a function or a class is said to stand in; a lambda in a decorator begins where the decorated function does."""
        first = code.co_firstlineno
        return first if code.co_name == "<lambda>" else self.definitions.get((code.co_filename, first), first)

    def instrumented(self, text, path):
        """The code object of a file whose expressions are recorded."""
        tree = ast.parse(text, path)
        lines = [line.encode() for line in text.splitlines(keepends=True)] or [b""]
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                self.definitions[path, first] = node.lineno
        return compile(_Instrument(self, path, lines).visit(tree), path, "exec", dont_inherit=True)

    def number(self, path, lines, node):
        """The number of an expression; columns are code points, from 0."""
        row, end_row = node.lineno, node.end_lineno
        start, end = _column(lines, row, node.col_offset), _column(lines, end_row, node.end_col_offset)
        if isinstance(node, ast.Tuple):
            row, start, end_row, end = _without_parentheses(lines, row, start, end_row, end)
        self.rows.append((path, row, start, end_row, end, type(node).__name__))
        return len(self.rows) - 1


def _without_parentheses(lines, row, start, end_row, end):
    """The range of a tuple without parentheses of its own around it."""
    texts = [line.decode("utf-8", "replace") for line in lines[row - 1 : end_row]]
    texts[-1] = texts[-1][:end]
    text = "".join(texts)[start:]
    if not text.startswith("("):
        return row, start, end_row, end
    depth, quote, index = 0, "", 0
    for index, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and text[index - 1] != "\\" else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth == 0:
                break
    if index != len(text) - 1:
        return row, start, end_row, end
    inner = text[1:-1]
    before, after = inner[: len(inner) - len(inner.lstrip())], inner.rstrip()
    first = row + before.count("\n")
    begin = len(before) - before.rfind("\n") - 1 if "\n" in before else start + 1 + len(before)
    head = text[: 1 + len(after)]
    last = row + head.count("\n")
    stop = len(head) - head.rfind("\n") - 1 if "\n" in head else start + len(head)
    return first, begin, last, stop


def _column(lines, row, offset):
    if row - 1 >= len(lines):
        return offset
    return len(lines[row - 1][:offset].decode("utf-8", "replace"))


class _Instrument(ast.NodeTransformer):
    def __init__(self, places, path, lines):
        self.places, self.path, self.lines = places, path, lines

    def visit(self, node):
        if isinstance(node, ast.expr):
            return self.expression(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.function(node)
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                node.value = self.visit(node.value)
            node.target = self.visit(node.target)
            return node
        if isinstance(node, (ast.pattern,)) or type(node).__name__ in ("TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"):
            return node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return node
        return self.generic_visit(node)

    def function(self, node):
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        self.arguments(node.args)
        node.body = [self.visit(each) for each in node.body]
        return node

    def arguments(self, node):
        node.defaults = [self.visit(each) for each in node.defaults]
        node.kw_defaults = [each and self.visit(each) for each in node.kw_defaults]

    def expression(self, node):
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.Lambda):
            self.arguments(node.args)
            node.body = self.visit(node.body)
            return node
        if isinstance(node, ast.JoinedStr):
            for each in node.values:
                if isinstance(each, ast.FormattedValue):
                    each.value = self.visit(each.value)
            return self.wrapped(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
            node.args = [self.visit(each) for each in node.args]
            return node
        if isinstance(node, (ast.Starred, ast.Slice)) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return self.generic_visit(node)
        if isinstance(node, ast.NamedExpr):
            node.value = self.visit(node.value)
            return self.wrapped(node)
        return self.wrapped(self.generic_visit(node))

    def wrapped(self, node):
        if type(node).__name__ in ("TemplateStr", "Interpolation"):
            return node
        number = self.places.number(self.path, self.lines, node)
        name = ast.copy_location(ast.Name(RECORD, ast.Load()), node)
        argument = ast.copy_location(ast.Constant(number), node)
        return ast.copy_location(ast.Call(name, [argument, node], []), node)


# Recording ----------------------------------------------------------------------------------------------------------


class Recorder:
    """What the places gave, by the way that led to them."""

    def __init__(self, texts):
        self.texts = texts
        self.places = Places()
        self.counts = []
        self.visits = {}
        self.sequence = 0
        self.spans = {}
        self.lines = {path: [line.encode() for line in text.splitlines(keepends=True)] or [b""] for path, text in texts.items()}
        self.classes = {}
        self.is_busy = False
        self.limits = (VISITS, CHAINS, EACH)

    def code(self, path):
        made = self.places.instrumented(self.texts[path], path)
        self.counts += [0] * (len(self.places.rows) - len(self.counts))
        return made

    def record(self, number, value):
        """Called in place of each expression; gives the value as it is."""
        counts = self.counts
        count = counts[number] = counts[number] + 1
        if count > self.limits[0] or self.is_busy:
            return value
        self.is_busy = True
        try:
            chain = self.chain(sys._getframe(1))
            ways = self.visits.setdefault(number, {})
            if chain not in ways and len(ways) >= self.limits[1]:
                return value
            seen = ways.setdefault(chain, [])
            if len(seen) < self.limits[2]:
                self.sequence += 1
                seen.append((self.sequence, describe(value, DEEPEST, self)))
        finally:
            self.is_busy = False
        return value

    def chain(self, frame):
        """The module, and the calls of recorded code that are under way, outermost first.

        A call is its span, the definition that it entered, and whether it did so at once.
        """
        found = []
        entered = None
        is_direct = True
        while frame is not None:
            code = frame.f_code
            path = code.co_filename
            if path not in self.texts:
                is_direct = False
                frame = frame.f_back
                continue
            if entered is not None:
                found.append((self.span(frame), entered, is_direct))
            if code.co_name == "<module>":
                return path, tuple(reversed(found))
            if code.co_name in _COMPREHENSIONS or not code.co_flags & inspect.CO_OPTIMIZED:
                entered = None  # A comprehension or the body of a class: no call that the reader sees.
            else:
                line = self.places.line(code)
                entered = path, line
            is_direct = True
            frame = frame.f_back
        if entered is not None:
            found.append((None, entered, False))
        return "", tuple(reversed(found))

    def span(self, frame):
        """Where the call stands that a frame is in."""
        key = frame.f_code, frame.f_lasti
        found = self.spans.get(key)
        if found is None:
            path = frame.f_code.co_filename
            positions = itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None)
            row, end_row, start, end = next(positions, (None, None, None, None))
            lines = self.lines[path]
            if row is None or start is None:
                found = (path, frame.f_lineno or 0, -1, 0, -1)
            else:
                found = (path, row, _column(lines, row, start), end_row, _column(lines, end_row, end))
            self.spans[key] = found
        return found


# Describing ---------------------------------------------------------------------------------------------------------


def describe(value, depth, recorder=None):
    """A value as JSON: its type with its ancestors, and what there is to compare; nothing of the program's own code is run for it."""
    cls = type(value)
    if value is None or cls in (bool, int, str):
        return _plain(cls, value)
    if cls in (float, complex, bytes):
        return {"type": cls.__name__, "constant": value if cls is float and value == value and abs(value) != float("inf") else repr(value)}
    names = ancestors(cls)
    found = {"type": names[0], "of": names}
    if recorder is not None and recorder.classes:
        places = [recorder.classes[each] for each in type.__getattribute__(cls, "__mro__") if each in recorder.classes]
        if places:
            found["class"] = places
    try:
        _more(found, value, cls, names, depth, recorder)
    except Exception as error:  # A value that cannot be looked at has a type only.
        found["failed"] = type(error).__name__
    return found


def _plain(cls, value):
    if cls is int and abs(value) > 2**62:
        return {"type": "int", "large": True}
    if cls is str and len(value) > 500:
        return {"type": "str", "length": len(value)}
    return {"type": cls.__name__, "constant": value}


@functools.cache
def _ancestors(cls):
    mro = type.__getattribute__(cls, "__mro__")
    return [f"{each.__module__}.{each.__qualname__}" if each.__module__ != "builtins" else each.__qualname__ for each in mro[:-1]] or ["object"]


def ancestors(cls):
    """The names of a class and its ancestors, without `object`."""
    try:
        return _ancestors(cls)
    except TypeError:
        return [cls.__name__]


def _more(found, value, cls, names, depth, recorder):
    if isinstance(value, type):
        found["is_class"] = found["id"] = identity(value)
        place = recorder.classes.get(value) if recorder is not None else None
        if place:
            found["defined"] = place
        return
    if _is_jax(names):
        found["array"] = array(value)
        return
    if any(each.startswith("numpy.") for each in names):
        found["numpy"] = {"shape": list(getattr(value, "shape", ())), "dtype": str(getattr(value, "dtype", ""))}
        return
    if any(each == "enum.Enum" for each in names):
        found["member"] = value._name_
        return
    if isinstance(value, types.ModuleType):
        found["module"] = found["id"] = value.__name__
        return
    if _callable(found, value, cls, depth, recorder):
        return
    if depth == 0:
        if isinstance(value, (tuple, list, dict, set, frozenset)):
            found["length"] = len(value) if cls in (tuple, list, dict, set, frozenset) else None
        return
    if isinstance(value, (list, tuple, set, frozenset)):
        size = tuple.__len__(value) if isinstance(value, tuple) else list.__len__(value) if isinstance(value, list) else len(value)
        found["length"] = size
        if isinstance(value, (tuple, list)) and size <= ITEMS:
            items = tuple.__iter__(value) if isinstance(value, tuple) else list.__iter__(value)
            found["items"] = [describe(each, depth - 1, recorder) for each in items]
            if isinstance(value, tuple) and hasattr(cls, "_fields"):
                found["fields"] = list(cls._fields)
        return
    if isinstance(value, dict):
        size = dict.__len__(value)
        found["length"] = size
        if size <= ITEMS:
            rows = [(each, dict.__getitem__(value, each)) for each in dict.__iter__(value)]
            found["keys"] = [
                each if isinstance(each, (str, int, float, bool, type(None))) and type(each).__module__ == "builtins" else None for each, _ in rows
            ]
            found["values"] = [describe(each, depth - 1, recorder) for _, each in rows]
        return
    _attributes(found, value, names, depth, recorder)


def _attributes(found, value, names, depth, recorder):
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        own = None
    own = dict(own) if isinstance(own, dict) else {}
    if any(each.endswith(".Variable") and ".nnx." in each for each in names):
        for name in ("_raw_value", "raw_value", "_value"):
            try:
                held = object.__getattribute__(value, name)
            except AttributeError:
                continue
            found["held"] = describe(held, depth - 1, recorder)
            break
        return
    found["attributes"] = {
        name: describe(each, depth - 1, recorder)
        for name, each in list(own.items())[:40]
        if isinstance(name, str) and not name.startswith(("_pytree__", "_object__", "__"))
    }


def _is_jax(names):
    if any(each.startswith(("jax._src.core.Tracer", "jaxlib._jax.ArrayImpl", "jaxlib.xla_extension.ArrayImpl")) for each in names):
        return True
    return any(each.startswith(("jax.", "jax._src.")) and each.rpartition(".")[2] in _ARRAYS for each in names)


def array(value):
    """Shape, dtype, whether it is weakly typed, and the classes of the tracers that it is made of, outermost first."""
    tracers = []
    inner = value
    for _ in range(8):
        if not any(each == "jax._src.core.Tracer" for each in ancestors(type(inner))):
            break
        tracers.append(type(inner).__name__)
        for name in ("primal", "val"):
            try:
                following = object.__getattribute__(inner, name)
            except AttributeError:
                continue
            break
        else:
            break
        inner = following
    aval = getattr(value, "aval", value)
    found = {}
    if not tracers and (str(aval.dtype).startswith("key<") or str(aval.dtype) == "uint32"):
        held = object.__getattribute__(value, "_base_array") if str(aval.dtype).startswith("key<") else value
        if held.size <= 64:
            found["key"] = hashlib.sha256(bytes(memoryview(_numpy(held)).cast("B"))).hexdigest()[:16] if held.size else ""
    return {
        **found,
        "shape": [each if isinstance(each, int) else None for each in aval.shape],
        "dtype": str(aval.dtype),
        "weak": bool(getattr(aval, "weak_type", False)),
        "tracers": tracers,
    }


def identity(value):
    """What a function, a class or a module is known by, under whatever name it is reached."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return f"{getattr(value, '__module__', None) or 'builtins'}.{name}" if isinstance(name, str) else ""


def resolved(name):
    """The identity of library code by the name that the linter knows it under; empty if there is none."""
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:size]))
        except Exception:
            continue
        for part in parts[size:]:
            try:
                found = getattr(found, part)
            except Exception:
                return ""
        return identity(found)
    return ""


def _numpy(value):
    return sys.modules["numpy"].ascontiguousarray(value)


def _callable(found, value, cls, depth, recorder):
    if isinstance(value, types.FunctionType):
        code = value.__code__
        line = recorder.places.line(code) if recorder is not None else code.co_firstlineno
        found["function"] = [code.co_filename, line, value.__qualname__, value.__module__]
        found["id"] = identity(value)
    elif isinstance(value, types.MethodType):
        found["method"] = describe(value.__func__, 0, recorder)
        found["receiver"] = describe(value.__self__, min(depth, 1) and depth - 1, recorder)
    elif isinstance(value, (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)):
        found["builtin"] = found["id"] = identity(value)
    elif cls is functools.partial:
        found["partial"] = describe(value.func, 0, recorder)
    else:
        inner = None
        for name in ("__wrapped__", "fun", "func", "fn", "f"):
            try:
                inner = object.__getattribute__(value, name)
            except AttributeError:
                continue
            if callable(inner):
                break
            inner = None
        if inner is None or not callable(value):
            return False
        found["id"] = identity(value)
        found["wraps"] = describe(inner, 0, recorder)
    return True


# Running ------------------------------------------------------------------------------------------------------------


def recorded(job):
    """Run one program in this process as `__main__`."""
    recorder = Recorder(job["texts"])
    if "visits" in job:
        recorder.limits = tuple(job["visits"])
    main = job["path"]
    install(recorder)
    sys.path.insert(0, str(pathlib.Path(main).parent))
    sys.argv = [main]
    outcome, message = "ran", ""
    output = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        warnings.simplefilter("ignore")
        try:
            if "tests" in job:
                outcome, message = tested(job)
            else:
                code = recorder.code(main)
                module = types.ModuleType("__main__")
                module.__dict__.update({"__name__": "__main__", "__file__": main})
                sys.modules["__main__"] = module
                exec(code, module.__dict__)
        except BaseException as error:
            outcome, message = type(error).__name__, str(error).split("\n", 1)[0][:200]
    return result(recorder, outcome, message)


def tested(job):
    """Run pytest; how it ended, and its last line. Assertions are not rewritten: the files are compiled here."""
    import pytest

    os.chdir(job["root"])
    sys.path[:0] = job["paths"]
    sys.dont_write_bytecode = True
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = pytest.main(["--assert=plain", "-p", "no:cacheprovider", "-q", "--no-header", "--tb=no", "--rootdir", job["root"], *job["tests"]])
    lines = output.getvalue().strip().splitlines()
    return ("ran" if code in (0, 1) else f"pytest exit {int(code)}"), lines[-1] if lines else ""


def result(recorder, outcome, message=""):
    """What was recorded, ready to be written; equal descriptions and ways are written once."""
    described, ways, rows = _Table(), _Table(), []
    for number, by_chain in recorder.visits.items():
        for chain, seen in by_chain.items():
            way = ways.number(chain)
            rows.append([number, way, [[sequence, described.number(each)] for sequence, each in seen]])
    return {
        "outcome": outcome,
        "message": message,
        "places": recorder.places.rows,
        "ways": ways.rows,
        "values": described.rows,
        "visits": rows,
    }


class _Table:
    def __init__(self):
        self.rows, self.numbers = [], {}

    def number(self, row):
        key = json.dumps(row, default=str)
        if key not in self.numbers:
            self.numbers[key] = len(self.rows)
            self.rows.append(json.loads(key))
        return self.numbers[key]


def install(recorder):
    """Record in this process: expressions of the files given, and where their classes are defined."""
    setattr(builtins, RECORD, recorder.record)
    build = builtins.__build_class__
    plain = importlib.machinery.SourceFileLoader.get_code

    def build_class(function, name, *bases, **keywords):
        made = build(function, name, *bases, **keywords)
        code = getattr(function, "__code__", None)
        if code is not None and code.co_filename in recorder.texts and isinstance(made, type):
            line = recorder.places.line(code)
            with contextlib.suppress(TypeError):
                recorder.classes[made] = [code.co_filename, line]
        return made

    def get_code(loader, name):
        path = loader.get_filename(name)
        if path in recorder.texts:
            return recorder.code(path)
        return plain(loader, name)

    builtins.__build_class__ = build_class
    importlib.machinery.SourceFileLoader.get_code = get_code


def forked(job):
    """Run one job in a child of its own."""
    reader, writer = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            answer = {name: resolved(name) for name in job["resolve"]} if "resolve" in job else recorded(job)
            data = json.dumps(answer, default=str).encode()
        except BaseException as error:
            data = json.dumps({"outcome": "recorder failed", "message": repr(error)[:300]}).encode()
        with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "wb") as pipe:
            pipe.write(data)
        os._exit(0)
    os.close(writer)
    parts = []
    is_late = False
    while True:
        left = job["timeout"] - (time.monotonic() - begun)
        ready, _, _ = select.select([reader], [], [], max(left, 0))
        if not ready:
            is_late = True
            os.kill(child, signal.SIGKILL)
            break
        data = os.read(reader, 1 << 20)
        if not data:
            break
        parts.append(data)
    os.close(reader)
    os.waitpid(child, 0)
    text = b"".join(parts)
    if is_late:
        return b'{"outcome": "timeout"}'
    return text if text else b'{"outcome": "died"}'


def main():
    """Answer jobs from standard input."""
    wanted = sys.argv[1:]
    about = {"python": sys.version.split()[0]}
    for name in wanted:
        module = __import__(name)
        about[name] = getattr(module, "__version__", "")
    if "flax" in wanted:
        import flax.nnx  # noqa: F401
        import jax.numpy  # noqa: F401
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        sys.stdout.buffer.write(forked(json.loads(line)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
