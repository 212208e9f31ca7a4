"""Runs commands side by side: each with a log, after those that it depends on, and as many as the processors bear."""
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Result:
    passed: int = 0
    failed: int = 0
    # What is printed under the job's line: failed tests with their output, skipped tests, the end of a log.
    report: str = ""
    # (seconds, name) of each test.
    times: list = field(default_factory=list)


@dataclass
class Job:
    name: str
    command: list
    # Names of the jobs that must have passed before.
    after: list = field(default_factory=list)
    # Expected seconds. Of the jobs that can start, the longest does.
    weight: float = 10
    # Processors that it keeps busy: what mostly waits leaves room for others.
    share: float = 1
    # (exit status, log file) -> Result. Default: one test, which passes with status 0.
    judge: object = None
    environment: dict = field(default_factory=dict)
    log: str = ""
    began: float = 0
    seconds: float = 0
    cpu: float = 0
    result: Result = None


def tail(log, lines=80):
    with open(log, errors="replace") as file:
        return "".join(line for line in file.readlines()[-lines:] if line.strip())


def one_test(status, log):
    return Result(passed=1) if status == 0 else Result(failed=1, report=f"ended with status {status}\n{tail(log)}")


class Cleaner:
    """A process that outlives this one, even after SIGKILL, and then kills the process groups that still run."""

    SCRIPT = """
trap '' HUP INT TERM
declare -A groups
while read -r sign group; do
    if [[ $sign == + ]]; then groups[$group]=1; else unset "groups[$group]"; fi
done
for group in "${!groups[@]}"; do kill -KILL -- "-$group"; done
"""

    def __init__(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = ["bash", "-c", self.SCRIPT]
        self.pipe = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, **quiet).stdin

    def tell(self, sign, group):
        self.pipe.write(f"{sign} {group}\n".encode())
        self.pipe.flush()


class Scheduler:
    """`ended` is called with each job that ends, and may add others."""

    def __init__(self, folder, processors, ended):
        self.folder = folder
        # A quarter more than there are, for no job keeps its share busy all the time.
        self.capacity = 1.25 * processors
        self.on_end = ended
        self.cleaner = Cleaner()
        self.began = time.monotonic()
        self.waiting = []
        self.running = {}
        self.ended = {}

    def add(self, *jobs):
        self.waiting += jobs

    def all(self):
        return [*self.waiting, *self.running.values(), *self.ended.values()]

    def run(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.stop)
        while self.start_ready() or self.running:
            if not self.running:
                continue
            # Its usage counts the job and all of its descendants that were waited for.
            pid, status, usage = os.wait4(-1, 0)
            job = self.running.pop(pid, None)
            if job is None:
                continue
            self.cleaner.tell("-", pid)
            job.seconds = time.monotonic() - job.began
            job.cpu = usage.ru_utime + usage.ru_stime
            self.finish(job, (job.judge or one_test)(os.waitstatus_to_exitcode(status), job.log))

    def start_ready(self):
        """True: something was started or given up."""
        before = len(self.waiting)
        for job in list(self.waiting):
            failed = [name for name in job.after if name in self.ended and self.ended[name].result.failed]
            if failed:
                self.waiting.remove(job)
                self.finish(job, Result(failed=1, report=f"not run, because this failed: {', '.join(failed)}\n"))
        ready = [job for job in self.waiting if all(name in self.ended for name in job.after)]
        for job in sorted(ready, key=lambda job: -job.weight):
            used = sum(running.share for running in self.running.values())
            if not self.running or used + job.share <= self.capacity:
                self.waiting.remove(job)
                self.start(job)
        if self.waiting and not self.running and len(self.waiting) == before:
            raise ValueError(f"jobs that depend on what does not run: {[job.name for job in self.waiting]}")
        return len(self.waiting) != before

    def start(self, job):
        job.began = time.monotonic()
        job.log = os.path.join(self.folder, job.name.replace(" ", "-").replace("/", "-") + ".log")
        with open(job.log, "wb") as log:
            process = subprocess.Popen(
                job.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **job.environment},
            )
        self.running[process.pid] = job
        # The status is taken by wait4.
        process.returncode = 0
        self.cleaner.tell("+", process.pid)

    def finish(self, job, result):
        job.result = result
        self.ended[job.name] = job
        self.on_end(job)

    def stop(self, number, _frame):
        for pid in self.running:
            try:
                os.killpg(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        end = time.monotonic() + 5
        while self.running and time.monotonic() < end:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            self.running.pop(pid, None)
            time.sleep(0.02)
        print("test: stopped", file=sys.stderr, flush=True)
        # The cleaner kills what is left.
        os._exit(128 + number)
