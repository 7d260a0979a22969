# Repeats the commands of some pages and compares what they print. TAP; --update writes it into the pages instead.
# A block is one shell script: lines with "$ " are commands, "> " continues one, the rest is what they print.
import subprocess
import sys

PAGES = ("docs/walkthrough.md", "docs/events.md")
update = sys.argv[1:] == ["--update"]
count, failed = 0, 0


def run(command):
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.rstrip("\n").split("\n") if done.stdout.strip() else []


def fold(line):
    """Where a line ends in the page: it would be hard to read otherwise."""
    return line if len(line) <= 170 else line[:167] + "..."


def repeat(page):
    """Its text with what the commands print now."""
    global count, failed
    lines = open(page).read().split("\n")
    result, i = [], 0
    while i < len(lines):
        result.append(lines[i])
        if lines[i] != "```":
            i += 1
            continue
        i += 1
        while lines[i] != "```":
            if not lines[i].startswith("$ "):
                sys.exit(f"{page}:{i + 1}: what command prints this?")
            result.append(lines[i])
            shown = command = lines[i][2:]
            i += 1
            while lines[i].startswith("> "):
                result.append(lines[i])
                command += "\n" + lines[i][2:]
                i += 1
            wanted = []
            while lines[i] != "```" and not lines[i].startswith("$ "):
                wanted.append(lines[i])
                i += 1
            printed = [fold(line) for line in run(command)]
            result += printed
            count += 1
            good = printed == wanted
            failed += not good
            if not update:
                print(f"{'ok' if good else 'not ok'} {count} - {shown[:80]}")
                for line in [] if good else ["page:"] + wanted[:8] + ["printed:"] + printed[:8]:
                    print("# " + line)
        result.append("```")
        i += 1
    return "\n".join(result)


for name in PAGES:
    text = repeat(name)
    if update:
        open(name, "w").write(text)
if update:
    sys.exit(0)
print(f"1..{count}")
sys.exit(failed != 0)
