# Runs the commands of some pages and compares their output with the pages. TAP. With --update writes the output into the pages.
# In a block of a page, a line with "$ " is a command, a line with "> " continues it, and other lines are its output.
import subprocess
import sys

PAGES = ("docs/walkthrough.md", "docs/events.md")
update = sys.argv[1:] == ["--update"]
count, failed = 0, 0


def run(command):
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.rstrip("\n").split("\n") if done.stdout.strip() else []


def fold(line):
    """Truncates a line to a width that can be read in a page."""
    return line if len(line) <= 170 else line[:167] + "..."


def repeat(page):
    """The text of a page, with the present output of its commands."""
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
                sys.exit(f"{page}:{i + 1}: output without a command")
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
