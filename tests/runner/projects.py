"""The test projects: how they are run, what they discover, and what their reports say."""
import glob
import os
import re
import xml.etree.ElementTree

from jobs import Result, tail

CONFIGURATION = "release"
INTEGRATION = "Ilb.Integration.Tests"


def names():
    return sorted(os.path.basename(file)[: -len(".csproj")] for file in glob.glob("tests/*.Tests/*.Tests.csproj"))


def program(project, *arguments):
    return ["dotnet", "exec", f"artifacts/bin/{project}/{CONFIGURATION}/{project}.dll", "--no-ansi", "--progress", "off", *arguments]


def reporting(report):
    return ["--results-directory", os.path.dirname(report), "--report-xunit-xml", "--report-xunit-xml-filename", os.path.basename(report)]


def methods(patterns):
    """Arguments that choose the tests whose full name contains one of the patterns, which none may; without patterns all."""
    chosen = [part for pattern in patterns for part in ("--filter-method", f"*{pattern}*")]
    return ["--ignore-exit-code", "8", *chosen] if chosen else []


def discovered(log):
    """Of what `--list-tests` printed: how many tests each method has."""
    counts = {}
    with open(log, errors="replace") as file:
        for line in file:
            if match := re.match(r"^  ((?:\w+\.)+\w+)(?:\(.*)?$", line.rstrip("\n")):
                counts[match[1]] = counts.get(match[1], 0) + 1
    return counts


def seconds_of(test):
    return float(test.get("time", "0"))


def describe(test):
    text = f"FAILED {test.get('name')}\n"
    for part in ("failure/message", "failure/stack-trace", "output"):
        if (found := test.find(part)) is not None and found.text:
            text += found.text.strip("\n") + "\n"
    return text + "\n"


def judge(report, executed):
    """Judges a run by the report that it must have written; adds the methods it executed to `executed`."""

    def judged(status, log):
        result = Result()
        try:
            root = xml.etree.ElementTree.parse(report).getroot()
        except (OSError, xml.etree.ElementTree.ParseError) as error:
            return Result(failed=1, report=f"ended with status {status}, and there is no report of it: {error}\n{tail(log)}")
        for test in root.iter("test"):
            outcome = test.get("result")
            if outcome == "Pass":
                result.passed += 1
            elif outcome == "Skip":
                reason = test.find("reason")
                result.report += f"skipped {test.get('name')}: {'' if reason is None else reason.text}\n"
            elif outcome == "NotRun":
                result.failed += 1
                result.report += f"FAILED {test.get('name')} was not run\n"
            else:
                result.failed += 1
                result.report += describe(test)
            if outcome != "NotRun":
                method = f"{test.get('type')}.{test.get('method')}"
                executed[method] = executed.get(method, 0) + 1
                result.times.append((seconds_of(test), test.get("name")))
        for error in root.iter("error"):
            result.failed += 1
            result.report += f"FAILED {error.get('type')} {error.get('name')}\n{''.join(error.itertext()).strip()}\n"
        if status != 0 and result.failed == 0:
            result.failed = 1
            result.report += f"ended with status {status}\n{tail(log)}"
        return result

    return judged
