// The least server that Node's socket.io allows; it does what bare.py does.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const ROOM = "watchers";
const http = createServer();
const io = new Server(http);
let prepared = {};

io.on("connection", (socket) => {
  if (socket.handshake.auth.sessionId !== undefined) socket.join(ROOM);
  socket.on("prepare", (content, acknowledge) => {
    prepared = content;
    acknowledge({});
  });
  socket.on("call", (_content, acknowledge) => acknowledge(prepared.answer));
  socket.on("publish", (_content, acknowledge) => {
    io.to(ROOM).emit(prepared.name, prepared.event);
    acknowledge({});
  });
});

process.on("SIGTERM", () => process.exit(0));
http.listen(0, "127.0.0.1", 4096, () => {
  console.log(`node ready on http://127.0.0.1:${http.address().port}`);
});
