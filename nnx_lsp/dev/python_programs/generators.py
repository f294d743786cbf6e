"""Generators and iterators."""

from __future__ import annotations

from nnx_lsp.dev.python_programs.kinds import INT, STR, list_of
from nnx_lsp.dev.python_programs.maker import Lines, Maker, Production, indented, unwrapped


def generator(m: Maker) -> Lines:
    name, n = m.fresh("produce", "walk", "stream"), m.fresh("n", "limit")
    lines = [f"def {name}({n}):"]
    body_lines = m.pick(
        (
            [f"for i in range({n}):", f"    yield i * {m.number(1, 4)}"],
            [f"while {n} > 0:", f"    yield {n}", f"    {n} -= 1"],
            [f"yield {m.number(0, 9)}", f"if {n} > {m.number(1, 3)}:", '    return "short"', f"yield {n}"],
            [f"yield from range({n})", f"yield from [{m.number(0, 9)}]"],
            [
                f"for i in range({n}):",
                f"    if i == {m.number(0, 2)}:",
                f"        {m.pick(('continue', 'return', 'break'))}",
                "    yield i",
                f"yield {m.number(10, 19)}",
            ],
            ["total = 0", f"for i in range({n}):", "    total += i", "    yield total"],
        )
    )
    lines += indented(body_lines)
    count = m.number(1, 4)
    got = m.fresh_for(list_of(INT))
    match m.number(0, 5):
        case 0:
            lines += [f"{got} = list({name}({count}))"]
        case 1:
            running = m.fresh("running", "it")
            lines += [
                f"{running} = {name}({count})",
                f"{got} = [next({running})]",
                f"{got}.append(next({running}, -1))",
                f"{got}.extend({running})",
                f'use(next({running}, "done"))',
            ]
        case 2:
            lines += [
                f"{got} = []",
                f"for each in {name}({count}):",
                *([f"    if each > {m.number(1, 4)}:", "        break"] if m.chance(0.5) else []),
                f"    {got}.append(each)",
            ]
        case 3:
            lines += [f"{got} = [*{name}({count}), *{name}(1)]"]
        case 4:
            first = m.fresh("first", "head")
            lines += [f"{first}, *{got} = {name}({count})"]
            m.bind(first, INT)
        case _:
            running = m.fresh("running", "it")
            lines += [f"{running} = {name}({count})", f"{got} = [x for x in {running}]", f"use(list({running}), sum({name}(2)))"]
    m.bind(got, list_of(INT))
    return [*lines, f"use({got}, len({got}))"]


def coroutine(m: Maker) -> Lines:
    """A generator that is sent to, closed, thrown into, or gives a result to `yield from`."""
    name, running, log = m.fresh("talk", "average"), m.fresh("running", "line"), m.fresh("log", "heard")
    match m.number(0, 4):
        case 0:
            lines = [
                f"def {name}():",
                f"    total = {m.number(0, 5)}",
                "    while True:",
                "        given = yield total",
                *m.pick((["        total += given"], ["        if given is None:", "            break", "        total = given"])),
            ]
            lines += [
                f"{running} = {name}()",
                f"use(next({running}))",
                f"{log} = [{running}.send({m.number(1, 9)}), {running}.send({m.number(1, 9)})]",
                f"{running}.close()",
            ]
            m.bind(log, list_of(INT))
        case 1:
            lines = [
                f"{log} = []",
                f"def {name}():",
                "    try:",
                f"        yield {m.number(1, 9)}",
                f"        yield {m.number(1, 9)}",
                f"    except {m.pick(('ValueError', 'GeneratorExit'))}:",
                f'        {log}.append("stopped")',
                *m.pick(([], ["        return"])),
                "    finally:",
                f'        {log}.append("closed")',
            ]
            lines += (
                [f"{running} = {name}()", f"next({running})", f"{running}.close()"]
                if m.chance(0.4)
                else [
                    f"{running} = {name}()",
                    f"next({running})",
                    "try:",
                    f'    {running}.throw(ValueError("x"))',
                    "except StopIteration:",
                    f'    {log}.append("end")',
                ]
            )
            m.bind(log, list_of(STR))
        case 2:
            outer = m.fresh("outer", "whole")
            lines = [
                f"def {name}(n):",
                "    yield n",
                f"    return n * {m.number(2, 4)}",
                f"def {outer}():",
                f"    got = yield from {name}({m.number(1, 5)})",
                "    yield got",
                f"{log} = list({outer}())",
            ]
            m.bind(log, list_of(INT))
        case 3:
            lines = [
                f"def {name}():",
                "    yield 1",
                f"    return {m.literal(STR)}",
                f"{running} = {name}()",
                f"{log} = [next({running})]",
                "try:",
                f"    next({running})",
                "except StopIteration as stop:",
                f"    {log}.append(stop.value)",
            ]
        case _:
            source = m.fresh("source", "numbers")
            type = list_of(INT)
            lines = [
                f"{source} = {m.bare(type, 1)}",
                f"{running} = (x * {m.number(2, 3)} for x in {source} if x > {m.number(0, 2)})",
                f"{source}.append({m.number(3, 9)})",
                f"{log} = list({running})",
                f"use(list({running}))",
            ]
            m.bind(source, type)
            m.bind(log, type)
    return [*lines, f"use({log}, len({log}))"]


def iterators(m: Maker) -> Lines:
    """Iterators taken one by one."""
    type = m.pick((INT, STR))
    name, got = m.fresh("it", "rest"), m.fresh_for(type)
    items = m.expression(list_of(type))
    first = m.fresh("first", "top")
    match m.number(0, 3):
        case 0:
            lines = [
                f"{name} = iter({unwrapped(items)})",
                f"{first} = next({name}, {m.literal(type)})",
                f"{got} = next({name}, {m.literal(type)})",
                f"use(list({name}))",
            ]
        case 1:
            lines = [
                f"{name} = iter([*{items}, {m.literal(type)}, {m.literal(type)}])",
                f"{first}, {got} = next({name}), next({name})",
                f"for x in {name}:",
                f"    {got} = x",
            ]
        case 2:
            lines = [
                f"{name} = zip({items}, {m.module('itertools', 'count')}({m.number(0, 5)}))",
                f"{first}, {got} = {m.literal(type)}, {m.literal(type)}",
                f"for {first}, _ in {name}:",
                f"    {got} = {first}",
                f"use(list({name}))",
            ]
        case _:
            lines = [
                f"{name} = enumerate({unwrapped(items)})",
                f"{first} = {m.literal(type)}",
                f"{got} = [*[x for _, x in {name}], {first}][0]",
                f"use(next({name}, None))",
            ]
    m.bind(first, type)
    m.bind(got, type)
    return lines


PRODUCTIONS = (
    Production(generator, 2.5, is_large=True),
    Production(coroutine, 2, is_large=True),
    Production(iterators, 1.5),
)
