#!/usr/bin/env python3
"""What a run costs: many restores of 200 ms each, beside the lower bound of their makespan.

    cargo build --release
    benches/cost/cost.py target/release/restorectl 50/8 2000/64
    benches/cost/cost.py --simulator target/release/restorectl 10000/256

Each argument is RESTORES/IN-FLIGHT. The site keeps its restores in memory (memory_site.py), or is the simulator, which carries
every one out in its database. Prints a row of a table: the makespan and its ratio to the bound, requests a restore,
processor time and peak memory of the runner alone, and journal syncs (commits) a restore. Memory is the highest of all
sizes so far, so ask for one size if you want to know that.
"""
import calendar, json, os, re, resource, sqlite3, subprocess, sys, tempfile, time, urllib.request

from memory_site import Site

SECONDS = 0.2
# So many bytes a second that the sample table takes the time above.
THROUGHPUT = 3_300_000_000

PLAN = """version: 1
name: cost
source: {site: TDICGC73149PP88, job: 1412, execution: latest}
target: {site: TDICGC73149PP88, database: BANKING}
limits: {concurrency: %d, poll_interval: 10ms, settle_window: 2s}
restores:
%s"""

RESTORE = """  - name: t%d
    objects: [{table: BANK_MARKETING.glm_bank_marketing_model, rename_to: cost_t%d}]
"""

# The loader's own limits are for plans that people write.
LIMITS = [part for limit in ("restores=1000000", "nodes=20000000", "file-bytes=200000000", "expanded-bytes=1000000000")
          for part in ("--limit", limit)]

ENVIRONMENT = """version: 1
api:
  url: %s/data-protection/v2
  restore_credentials: {user: restore_operator, password: {env: PASSWORD}}
guard: {allow_replace: true}
"""


def get(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def seconds(text):
    moment = re.match(r"(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)Z", text)
    year, month, day, hour, minute, second = moment.groups()
    return calendar.timegm((int(year), int(month), int(day), int(hour), int(minute), 0)) + float(second)


def measure(binary, count, in_flight, on_simulator):
    with tempfile.TemporaryDirectory() as folder:
        simulator = subprocess.Popen(
            [binary, "sim", "--data", folder + "/sim", "--listen", "127.0.0.1:0", "--queue-delay", "0ms",
             "--site-limit", str(in_flight), "--throughput", str(THROUGHPUT)], stdout=subprocess.PIPE, text=True)
        try:
            base = re.search(r"(http://[^/]+)", [simulator.stdout.readline() for _ in range(3)][1]).group(1)
            memory = None
            if not on_simulator:
                memory = Site(tuple(base.removeprefix("http://").split(":")), SECONDS, in_flight)
                base = "http://127.0.0.1:%d" % memory.start()
            os.makedirs(folder + "/environments")
            with open(folder + "/cost.yaml", "w") as plan:
                plan.write(PLAN % (in_flight, "".join(RESTORE % (i, i) for i in range(count))))
            with open(folder + "/environments/bench.yaml", "w") as environment:
                environment.write(ENVIRONMENT % base)
            variables = dict(os.environ, PASSWORD="rehearsal-only", RESTORECTL_STATE=folder + "/state.db")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begun = time.monotonic()
            ran = subprocess.run([binary, "--quiet", "apply", folder + "/cost.yaml", "-e", "bench", "--auto-approve", *LIMITS],
                                 env=variables, capture_output=True, text=True)
            took = time.monotonic() - begun
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if ran.returncode:
                sys.exit(ran.stdout[-3000:] + ran.stderr[-3000:])
            moments = [row[0] for row in sqlite3.connect(folder + "/state.db").execute("SELECT at FROM entries ORDER BY seq")]
            # What is committed together bears one moment.
            commits = len(set(moments))
            if memory:
                requests, creates = memory.creates + memory.lists + memory.others, memory.creates
                each = [ended - begun for begun, ended in memory.times]
            else:
                log = get(base + "/_sim/requests?limit=1000000")
                requests, creates = len(log), sum(one["call"] == "create" for one in log)
                shown = json.loads(subprocess.run([binary, "report", "--latest", "--format", "json"], env=variables,
                                                  capture_output=True, text=True).stdout)
                worked = [attempt["restore"] for item in shown["items"] for attempt in item["attempts"]]
                each = [seconds(one["end_time"]) - seconds(one["start_time"]) for one in worked]
            assert creates == len(each) == count, (creates, len(each))
            makespan = seconds(moments[-1]) - seconds(moments[0])
            bound = max(sum(each) / in_flight, max(each), -(-count // in_flight) * min(each))
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print("| %s | %d/%d | %.2f s | %.2f s | %.2f | %.2f s | %.2f | %.2f ms | %d MiB | %.2f |"
                  % ("simulator" if on_simulator else "memory", count, in_flight, makespan, bound, makespan / bound, took,
                     requests / count, 1000 * cpu / count, after.ru_maxrss // 1024, commits / count), flush=True)
        finally:
            simulator.terminate()
            simulator.wait()


if __name__ == "__main__":
    arguments = [one for one in sys.argv[1:] if one != "--simulator"]
    print("| site | restores/in flight | makespan | bound | ratio | whole command | requests a restore | processor a restore "
          "| peak memory | commits a restore |\n" + "|---" * 10 + "|")
    for size in arguments[1:]:
        measure(os.path.abspath(arguments[0]), *map(int, size.split("/")), "--simulator" in sys.argv)
