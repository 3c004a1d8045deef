"""A workload: answers every GET with its host's name and the path it was asked for."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import gethostname


class Orders(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"orders on {gethostname()}: {self.path}\n".encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", 8080), Orders).serve_forever()
