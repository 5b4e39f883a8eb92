"""A site that costs as little as it can: restores kept in memory, each over a fixed time after it was accepted.

It stands before a simulator, which answers all that isn't about restores. What the bench measures beside it is the runner
and not the simulator, which carries every restore out in a database of its own.
"""
import asyncio, http.client, json, re, threading, time

RESTORES = re.compile(r"/data-protection/v2/sites/([^/]+)/restores$")
CREATE = re.compile(r"/data-protection/v2/sites/([^/]+)/jobs/(\d+)/executions/(\d+)/restores$")


def moment(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%03dZ" % (1000 * at % 1000)


def record(number, site, sent, begun, ended):
    """A restore as lists show it; about as long as those of the simulator."""
    status = "COMPLETED_SUCCESSFULLY" if ended else "RUNNING"
    one = sent["job_settings"]["objects"][0]
    task = {"sub_task_name": one["object_name"], "status": status, "start_time": moment(begun),
            "end_time": ended and moment(ended), "restore_size": 660033182 if ended else 0}
    return json.dumps({
        "restore_job_name": sent["name"], "restore_job_id": number - 5900, "restore_execution_id": number,
        "status": status, "status_details": "objects restored: %d" % bool(ended), "start_time": moment(begun),
        "end_time": ended and moment(ended), "errors": [], "warnings": [], "restored_objects_status": [],
        "restore_execution_sub_tasks": [task], "dr_site_id": None, "snapshot_name": "execution-5002",
        "snapshot_size": "660033182", "source_site_id": site, "target_site": sent["target_site"], "is_failover": False}).encode()


class Site:
    """`limit` restores run at once, each for `seconds`; `behind` is (host, port) of the simulator."""

    def __init__(self, behind, seconds, limit):
        self.behind, self.seconds, self.limit = behind, seconds, limit
        # By number: when it ends, and what it looks like until then and afterwards. Of those that ended, the list as it goes out.
        self.running, self.ended = {}, bytearray()
        self.creates = self.lists = self.others = 0
        self.times = []

    def create(self, site, body):
        self.creates += 1
        number = 8000 + self.creates
        # What finds no room begins when the first one of those that run is over.
        free = sorted(ends for ends, _, _ in self.running.values())
        now = time.time()
        begun = now if len(free) < self.limit else max(now, free[len(free) - self.limit])
        sent, ends = json.loads(body), begun + self.seconds
        self.times.append((begun, ends))
        self.running[number] = (ends, record(number, site, sent, begun, None), record(number, site, sent, begun, ends))
        return number

    def list(self):
        self.lists += 1
        now = time.time()
        for number, (ends, _, ended) in list(self.running.items()):
            if ends <= now:
                self.ended += ended + b","
                del self.running[number]
        running = b",".join(shown for _, shown, _ in self.running.values())
        return b"[" + (self.ended + running).removesuffix(b",") + b"]"

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().rstrip().split("\r\n")
                method, path, _ = first.split(" ")
                headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                extra, status = "", "200 OK"
                if method == "POST" and (found := CREATE.match(path)):
                    status, text = "202 Accepted", b"{}"
                    extra = "x-resource-id: %d\r\n" % self.create(found.group(1), body)
                elif method == "GET" and RESTORES.match(path):
                    text = self.list()
                else:
                    status, text = self.forward(method, path, headers, body)
                writer.write(("HTTP/1.1 %s\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n"
                              % (status, extra, len(text))).encode() + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def forward(self, method, path, headers, body):
        self.others += 1
        connection = http.client.HTTPConnection(*self.behind)
        kept = {name: headers[name] for name in ("x-auth-credentials", "content-type") if name in headers}
        connection.request(method, path, body or None, kept)
        answer = connection.getresponse()
        return "%d %s" % (answer.status, answer.reason), answer.read()

    def start(self):
        """Serves from a thread of its own; gives the port."""
        ready, port = threading.Event(), []

        async def run():
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 20)
            port.append(server.sockets[0].getsockname()[1])
            ready.set()
            await server.serve_forever()

        threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
        ready.wait()
        return port[0]
