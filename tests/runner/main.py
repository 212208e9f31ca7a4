"""Runs all tests or some of them; see `./test --help`. Jobs run side by side, as many as the processors bear."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

import projects
from jobs import Job, Result, Scheduler, one_test, tail

FOLDER = "artifacts/test"
# Seconds of each test class in the last run, so that the parts of the integration tests become equally long.
TIMES = os.path.join(os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache"), "ilb-test-times.json")
BUILD, PROGRAMS, PACKAGES = "the solution builds", "native programs build", "packages build"
KERNEL = "the lab's kernel is there"
BUILD_COMMAND = ["flock", "--close", "artifacts/build.lock", "dotnet", "build", "Ilb.sln", "--nologo", "-c", projects.CONFIGURATION]
# Processors that a job keeps busy, where that is not one: what runs in the lab waits for a good part of the time.
SHARES = {"the lab": 0.4, "power cuts": 0.4, "the service under systemd": 0.5, projects.INTEGRATION: 0.65}
# What others need. Name: command, jobs before, expected seconds: what others wait for comes first.
STEPS = {
    BUILD: (BUILD_COMMAND, [], 1000),
    KERNEL: (["lab/build"], [], 900),
    PROGRAMS: (["./build", "ilbadm", "ilbd"], [BUILD], 800),
    PACKAGES: (["./build", "packages", "deb"], [PROGRAMS], 300),
}
# Name: command, jobs before, expected seconds. Each prints `N passed, N failed` at its end, or is one test.
SUITES = {
    "the code is formatted": (["tests/formatted"], [], 20),
    "the lab": (["lab/test"], [KERNEL], 70),
    "a new project installs Ilb.Sdk": (["tests/consumer/run"], [PACKAGES, KERNEL], 60),
    "the kernel's own test": (["tests/selftest/run"], [PROGRAMS, KERNEL], 20),
    "power cuts": (["tests/power/run"], [PROGRAMS, KERNEL], 40),
    "the service under systemd": (["tests/systemd/run"], [PACKAGES, KERNEL], 90),
    "the demo": (["./demo"], [PROGRAMS, KERNEL], 30),
}
# What only a full run does: on a kernel without nftables, and without User-Mode Linux between where this machine has IPVS.
DEBIAN = ["lab/run", "--kernel", "debian"]
NATIVE = [*([] if os.path.exists("/proc/net/ip_vs") and os.geteuid() == 0 else ["lab/run"]), "lab/run", "--native"]
FULL_SUITES = {
    "rules on a kernel without nftables": ([*DEBIAN, "tests/second-kernel"], [PROGRAMS, KERNEL], 100),
    "the demo, natively": ([*NATIVE, "./demo", "--inside", os.path.abspath("artifacts")], [PROGRAMS, KERNEL], 30),
}
# Name: how they are started, and which of the integration tests.
FULL_INTEGRATION = {
    "integration tests without nftables": (DEBIAN, [
        *("--filter-namespace", *(f"{projects.INTEGRATION}.{part}" for part in ("Kernel", "Route", "Traffic"))),
        *("--filter-not-trait", "Needs=nftables")]),
    "integration tests, natively": (NATIVE, []),
}
PARTS = 3


def slowness():
    text = os.environ.get("ILB_TEST_SLOWNESS") or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = 0
    if factor < 1:
        sys.exit(f"test: ILB_TEST_SLOWNESS is a number from 1, not '{text}'")
    return factor


def arguments():
    parser = argparse.ArgumentParser(
        prog="./test",
        description="Runs all tests, or those whose full name contains a PATTERN, on a real kernel what needs one. "
        "Ends with `N passed, N failed`; status 0 only if nothing failed.",
    )
    parser.add_argument("patterns", metavar="PATTERN", nargs="*", help="such as Drain, LoadBalancerTests.A_clash or demo")
    parser.add_argument("--quick", action="store_true", help="only what needs no kernel")
    parser.add_argument("--full", action="store_true", help="also what takes long, whole: hundreds of kills, all combinations")
    parser.add_argument("--times", action="store_true", help="at the end each job's seconds, and the 30 slowest tests")
    parser.add_argument("--mutation", action="store_true", help="the mutation score; PATTERN is a project or a folder")
    return parser.parse_args()


def suite(status, log):
    """A program that counts its tests itself, or is one test."""
    with open(log, errors="replace") as file:
        counts = re.findall(r"^(\d+) passed, (\d+) failed$", file.read(), re.MULTILINE)
    if not counts:
        return one_test(status, log)
    passed, failed = map(int, counts[-1])
    if status != 0 and failed == 0 or passed + failed == 0:
        failed += 1
    return Result(passed=passed, failed=failed, report=tail(log) if failed else "")


def deal(classes, known, parts):
    """Deals classes out to parts of equal seconds, the longest first. A class that is new counts as an average one."""
    average = sum(known.values()) / len(known) if known else 1
    heaps = [[0, []] for _ in range(parts)]
    for name in sorted(classes, key=lambda name: (-known.get(name, average * classes[name]), name)):
        heap = min(heaps, key=lambda heap: heap[0])
        heap[0] += known.get(name, average * classes[name])
        heap[1].append(name)
    return [heap for heap in heaps if heap[1]]


class Run:
    def __init__(self, options):
        self.options = options
        self.scheduler = Scheduler(FOLDER, max(2, os.cpu_count() or 1), self.ended)
        self.expected = {}
        self.executed = {}
        try:
            with open(TIMES) as file:
                self.known = json.load(file)
        except (OSError, ValueError):
            self.known = {}

    def ended(self, job):
        result = job.result
        if result.passed or result.failed:
            counts = f"{result.passed:5} passed, {result.failed} failed"
            print(f"{job.name:44} {counts}  ({job.seconds:.0f} s)", flush=True)
        if result.report:
            print(result.report, flush=True)

    def matches(self, name):
        return not self.options.patterns or any(pattern.lower() in name.lower() for pattern in self.options.patterns)

    def plan(self):
        self.add_once(BUILD)
        suites = {**SUITES, **(FULL_SUITES if self.options.full else {})}
        suites = {name: suite for name, suite in suites.items() if self.matches(name)}
        if self.options.quick:
            suites = {name: suite for name, suite in suites.items() if KERNEL not in suite[1]}
        for name, (command, after, weight) in suites.items():
            self.scheduler.add(Job(name, command, after=after, weight=weight, share=SHARES.get(name, 1), judge=suite))
        for project in projects.names():
            if project != projects.INTEGRATION:
                self.add_tests(project, project, projects.methods(self.options.patterns), [BUILD])
        needed = {need for _, after, _ in suites.values() for need in after}
        if PACKAGES in needed:
            self.add_once(PACKAGES, PROGRAMS)
        self.add_once(*needed & {PROGRAMS, KERNEL})
        if not self.options.quick:
            filters = projects.methods(self.options.patterns)
            if self.options.full:
                for name, (launcher, chosen) in FULL_INTEGRATION.items():
                    options = ["--timeout", self.lab_seconds(), "--keep", os.path.join(FOLDER, "reports")]
                    # A lab in a lab needs them both.
                    launcher = [part for word in launcher for part in ([word, *options] if word == "lab/run" else [word])]
                    self.add_tests(name, projects.INTEGRATION, [*chosen, *filters], [PROGRAMS, KERNEL], 600, launcher, {})
                self.add_once(PROGRAMS, KERNEL)
            listing = projects.program(projects.INTEGRATION, "--list-tests", *filters)
            self.scheduler.add(Job("integration tests are found", listing, after=[BUILD], weight=700, judge=self.found))

    def add_once(self, *names):
        for name in names:
            if not any(job.name == name for job in self.scheduler.all()):
                command, after, weight = STEPS[name]
                self.scheduler.add(Job(name, command, after=after, weight=weight))

    def lab_seconds(self):
        return str(int((3600 if self.options.full else 900) * slowness()))

    def add_tests(self, name, project, filters, after, weight=20, launcher=(), executed=None):
        report = os.path.abspath(os.path.join(FOLDER, "reports", f"{name.replace(' ', '-').replace(',', '')}.xml"))
        command = [*launcher, *projects.program(project, *projects.reporting(report), *filters)]
        judge = projects.judge(report, self.executed if executed is None else executed)
        share = SHARES.get(project, 1)
        self.scheduler.add(Job(name, command, after=after, weight=weight, share=share, judge=judge))

    def found(self, status, log):
        """Deals the integration tests out to labs."""
        self.expected = projects.discovered(log)
        if status != 0 or (not self.expected and not self.options.patterns):
            return Result(failed=1, report=f"ended with status {status}\n{tail(log)}")
        if not self.expected:
            return Result()
        self.add_once(PROGRAMS, KERNEL)
        classes = {}
        for method, count in self.expected.items():
            name = method.rpartition(".")[0]
            classes[name] = classes.get(name, 0) + count
        parts = deal(classes, self.known, min(PARTS, len(classes)) if len(self.expected) > 10 else 1)
        filters = projects.methods(self.options.patterns)
        for number, (weight, names) in enumerate(parts, 1):
            launcher = ["lab/run", "--timeout", self.lab_seconds(), "--keep", os.path.join(FOLDER, "reports")]
            chosen = [part for name in names for part in ("--filter-class", name)]
            title = f"{projects.INTEGRATION} {number}/{len(parts)}"
            self.add_tests(title, projects.INTEGRATION, [*chosen, *filters], [PROGRAMS, KERNEL], 100 + weight, launcher)
        return Result()

    def missing(self):
        """The integration tests that were discovered and not executed."""
        return [f"{name}: {self.executed.get(name, 0)} of {count} tests were executed"
                for name, count in self.expected.items() if self.executed.get(name, 0) < count]

    def run(self):
        self.plan()
        self.scheduler.run()
        jobs = self.scheduler.ended.values()
        passed = sum(job.result.passed for job in jobs)
        failed = sum(job.result.failed for job in jobs)
        if not failed and (missing := self.missing()):
            print("FAILED not all tests that were discovered were executed:", *missing, sep="\n")
            failed += len(missing)
        if not failed and self.options.patterns and not any(job.name not in STEPS and job.result.passed for job in jobs):
            print(f"FAILED no test has a name like {' or '.join(self.options.patterns)}")
            failed += 1
        self.remember(jobs)
        if self.options.times:
            self.print_times(jobs)
        print(f"\n{passed} passed, {failed} failed", flush=True)
        return failed == 0

    def remember(self, jobs):
        for job in jobs:
            if not job.name.startswith(projects.INTEGRATION):
                continue
            sums = {}
            for seconds, name in job.result.times:
                owner = name.partition("(")[0].rpartition(".")[0]
                sums[owner] = sums.get(owner, 0) + seconds
            self.known.update(sums)
        os.makedirs(os.path.dirname(TIMES), exist_ok=True)
        with open(TIMES + ".new", "w") as file:
            json.dump(self.known, file)
        os.replace(TIMES + ".new", TIMES)

    def print_times(self, jobs):
        print(f"\n{'JOB':44} {'FROM':>5} {'TO':>5} {'SECONDS':>8} {'CPU':>6}")
        for job in sorted(jobs, key=lambda job: job.began):
            begin = max(0, job.began - self.scheduler.began)
            print(f"{job.name:44} {begin:5.0f} {begin + job.seconds:5.0f} {job.seconds:8.1f} {job.cpu:6.0f}")
        print(f"\n{'SECONDS':>7}  TEST")
        slowest = sorted((time for job in jobs for time in job.result.times), reverse=True)[:30]
        for seconds, name in slowest:
            print(f"{seconds:7.1f}  {name}")


def main():
    options = arguments()
    slowness()
    if options.mutation:
        os.execv("tests/mutation/run", ["tests/mutation/run", *options.patterns])
    if options.full:
        os.environ["ILB_FULL"] = "1"
    # One compiler serves all builds, which halves their cost, and ends with this run; no build node outlives its build.
    compiler = f"ilb-test-{os.getpid()}"
    os.environ.update(MSBUILDDISABLENODEREUSE="1", UseSharedCompilation="true", SharedCompilationId=compiler)
    # The profile that .NET makes of a program is worth its cost in longer runs: without, the build takes 128 s instead of 206.
    os.environ["DOTNET_TieredPGO"] = "0"
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.join(FOLDER, "reports"))
    try:
        sys.exit(0 if Run(options).run() else 1)
    finally:
        subprocess.run(["pkill", "-f", f"pipename:{compiler}$"], check=False)


main()
