#!/usr/bin/env python3
"""What a run costs: many restores of 200 ms each against the simulator, beside the lower bound of their makespan.

    cargo build --release && benches/cost/cost.py target/release/restorectl 50/8 2000/64

Each argument is RESTORES/IN-FLIGHT. Prints the makespan and its ratio to the bound, requests a restore, processor time
and peak memory of the runner alone, and journal syncs (commits) a restore.
"""
import json, os, re, resource, sqlite3, subprocess, sys, tempfile, time, urllib.request

# The table's size in the sample backup, which the site restores at such a pace that each one takes 200 ms.
SECONDS = 0.2

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


def get(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def measure(binary, count, in_flight):
    with tempfile.TemporaryDirectory() as folder:
        sim = subprocess.Popen(
            [binary, "sim", "--data", folder + "/sim", "--listen", "127.0.0.1:0", "--queue-delay", "0ms",
             "--site-limit", str(in_flight), "--throughput", os.environ.get("THROUGHPUT", "500000000")],
            stdout=subprocess.PIPE, text=True)
        try:
            head = [sim.stdout.readline() for _ in range(3)]
            base = re.search(r"(http://[^/]+)", head[1]).group(1)
            os.makedirs(folder + "/environments")
            open(folder + "/cost.yaml", "w").write(
                PLAN % (in_flight, "".join(RESTORE % (i, i) for i in range(count))))
            open(folder + "/environments/sim.yaml", "w").write(
                "version: 1\napi:\n  url: %s/data-protection/v2\n  restore_credentials:\n    user: restore_operator\n"
                "    password: {env: PASSWORD}\nguard: {allow_replace: true}\n" % base)
            environment = dict(os.environ, PASSWORD="rehearsal-only", RESTORECTL_STATE=folder + "/state.db")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begun = time.monotonic()
            ran = subprocess.run(
                [binary, "--quiet", "apply", folder + "/cost.yaml", "-e", "sim", "--auto-approve"],
                env=environment, capture_output=True, text=True)
            took = time.monotonic() - begun
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if ran.returncode:
                sys.exit(ran.stdout[-3000:] + ran.stderr[-3000:])
            requests = get(base + "/_sim/requests")
            creates = [r for r in requests if r["call"] == "create"]
            store = sqlite3.connect(folder + "/state.db")
            moments = [row[0] for row in store.execute("SELECT at FROM entries ORDER BY seq")]
            first, last = moments[0], moments[-1]
            # What is committed together bears one moment.
            commits = len(set(moments))
            report = json.loads(subprocess.run(
                [binary, "report", "--latest", "--format", "json"], env=environment, capture_output=True, text=True).stdout)
            worked = [a["restore"] for i in report["items"] for a in i["attempts"]]
            each = [seconds(r["end_time"]) - seconds(r["start_time"]) for r in worked]
            makespan = seconds(last) - seconds(first)
            bound = max(sum(each) / in_flight, max(each), -(-count // in_flight) * min(each))
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print("%d/%d: restores of %.0f ms; makespan %.2f s, %.2f of the bound %.2f s; whole command %.2f s; "
                  "%.2f requests a restore (%d); %.2f s of processor, %.2f ms a restore; peak %d MiB; %.2f commits a restore"
                  % (count, in_flight, 1000 * sum(each) / count, makespan, makespan / bound, bound, took,
                     len(requests) / count, len(requests), cpu, 1000 * cpu / count, after.ru_maxrss // 1024, commits / count))
            assert len(creates) == count
        finally:
            sim.terminate()
            sim.wait()


def seconds(text):
    moment = re.match(r"(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)Z", text)
    year, month, day, hour, minute, second = moment.groups()
    import calendar
    return calendar.timegm((int(year), int(month), int(day), int(hour), int(minute), 0)) + float(second)


for size in sys.argv[2:]:
    measure(os.path.abspath(sys.argv[1]), *map(int, size.split("/")))
