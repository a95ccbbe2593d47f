"""Spoiled revisions of a repository: what editors, merges, tools and enemies do to its files."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

API = b"apiVersion: click-up/v1alpha1\n"
FILE, LINK, SUBMODULE = "100644", "120000", "160000"
TOKENS = (
    *(b"---\n", b"...\n", b"#", b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"<<: *a\n"),
    *(b"\t", b"\0", b"\r", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[2J", b"|\n", b">\n", b"!!set "),
    *(b'"\\ud800"', b"9" * 400, b"9" * 5000 + b"s", b"[" * 300, b"? ", b"%YAML 1.2\n"),
    *(API, b"kind: Rollout\n", b"metadata: {name: box}\n", b"spec: {}\n", b"names: [box]\n"),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A path of a tree: its mode, and its content or the digest of a commit."""

    mode: str
    content: bytes
    ours: bool = True
    """Whether it still says that it is one of ours, or cannot be read."""

    def with_text(self, content: bytes) -> Entry:
        """Return it with another content, in the same encoding."""
        return Entry(FILE, content, self.ours and b"\n" + API in b"\n" + content)


Tree = Mapping[bytes, Entry]


def spoiled(random: Random, good: Mapping[str, bytes]) -> Tree:
    """Return a tree of these files after one to three spoilings; no file is deleted."""
    tree = {name.encode(): Entry(FILE, content) for name, content in good.items()}
    for _ in range(random.randint(1, 3)):
        random.choice(SPOILINGS)(random, tree)
    return tree


def says_whole(tree: Tree, good: Mapping[str, bytes]) -> bool:
    """Whether each of these files is still ours or cannot be read: then nothing was deleted."""
    return all(tree[name.encode()].ours for name in good)


def commit_all(repository: Path, trees: Sequence[Tree]) -> list[str]:
    """Commit the trees, each onto the one before and the first onto main; return the commits."""
    main = _git(repository, "rev-parse", "main")
    stream = [b"reset refs/heads/spoiled\nfrom " + main.encode() + b"\n\n"]
    stream += [_commit(tree) for tree in trees]
    _git(repository, "fast-import", "--quiet", "--force", given=b"".join(stream))
    return _git(repository, "rev-list", "--reverse", "main..spoiled").split()


def _commit(tree: Tree) -> bytes:
    lines = [b"commit refs/heads/spoiled\ncommitter O <o@example.org> 1700000000 +0000\ndata 0\n"]
    lines.append(b"deleteall\n")
    for name, entry in tree.items():
        place = b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"\n'
        if entry.mode == SUBMODULE:
            lines.append(b"M 160000 " + entry.content + b" " + place)
            continue
        lines.append(b"M %s inline %s" % (entry.mode.encode(), place))
        lines.append(b"data %d\n%s\n" % (len(entry.content), entry.content))
    return b"".join(lines)


def _git(repository: Path, *words: str, given: bytes = b"") -> str:
    command = ("git", "-C", str(repository), *words)
    return subprocess.run(command, check=True, capture_output=True, input=given).stdout.decode()[
        :-1
    ]


def _any_file(random: Random, tree: dict[bytes, Entry]) -> tuple[bytes, Entry]:
    return random.choice([(name, one) for name, one in sorted(tree.items()) if one.mode == FILE])


def _edit(random: Random, tree: dict[bytes, Entry]) -> None:
    """Replace a piece by a token, by bytes, or by another piece."""
    name, one = _any_file(random, tree)
    begin = random.randint(0, len(one.content))
    end = random.randint(begin, min(len(one.content), begin + random.choice((0, 1, 40))))
    other = random.randint(0, len(one.content))
    odd = random.randbytes(random.randint(0, 9))
    new = random.choice((random.choice(TOKENS), odd, one.content[other : other + 60]))
    tree[name] = one.with_text(one.content[:begin] + new + one.content[end:])


def _cut(random: Random, tree: dict[bytes, Entry]) -> None:
    name, one = _any_file(random, tree)
    tree[name] = one.with_text(one.content[: random.randint(0, len(one.content))])


def _encode(random: Random, tree: dict[bytes, Entry]) -> None:
    name, one = _any_file(random, tree)
    text = one.content.decode("utf-8", "replace")
    code = random.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp500"))
    tree[name] = Entry(FILE, text.encode(code, "replace"), one.ours)


def _replace_by_pointer(random: Random, tree: dict[bytes, Entry]) -> None:
    name, _ = _any_file(random, tree)
    if random.random() < 0.3:
        tree[name] = Entry(SUBMODULE, b"%040x" % random.getrandbits(160))
    elif random.random() < 0.5:
        tree[name] = Entry(
            LINK, random.choice((b"/etc/passwd", b"..", b"device.yaml", name, b"\xff"))
        )
    else:
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%064x\nsize 12\n"
        tree[name] = Entry(FILE, pointer % random.getrandbits(256))


def _add(random: Random, tree: dict[bytes, Entry]) -> None:
    letters = (b"a", b"\xff", b" ", b"\x1b", b"'", b"\\", b"e\xcc\x81", b".")
    name = b"".join(random.choices(letters, k=random.randint(1, 9))).strip(b".") or b"x"
    parts = [random.choice((*TOKENS, random.randbytes(5))) for _ in range(random.randint(0, 30))]
    tree[b"more-" + name + b".yaml"] = Entry(FILE, b"".join(parts))


def _nest(random: Random, tree: dict[bytes, Entry]) -> None:
    """Add a file that grows when it is read."""
    grows = b"a0: &a0 [x, x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)
    )
    deep = b"{a: " * random.choice((30, 200, 4000)) + b"}" * 30
    tree[b"grows.yaml"] = Entry(FILE, API + random.choice((grows, deep, b"---\n@" * 3000)))


SPOILINGS = (*[_edit] * 4, _cut, _encode, _replace_by_pointer, _add, _nest)
