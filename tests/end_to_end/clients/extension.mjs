// Plays a script of S2's API: calls with positional arguments, and events to wait for. The script is JSON:
// {connect: auth}, {call: [name, ...arguments], as: "a"}, {until: event or ask},
// {namespace, call, …} for S0's words.
// "$a" stands for what a call answered; `seen` has every event with its arguments, in the order it came.
import { connect, extra, finish } from "./kit.mjs";

const script = JSON.parse(extra[0]);
const options = extra[1] ? { transports: [extra[1]] } : {};
const seen = [];
const acks = [];
const saved = {};
const others = {};
let socket;
let cursor = 0;
let arrived = () => {};

setTimeout(() => finish({ stuck: true, acks, seen, saved }), Number(extra[2] || 60) * 1000).unref();

function listen(made) {
  made.onAny((name, ...given) => {
    seen.push([name, ...given]);
    arrived();
  });
}

async function until(wanted) {
  for (;;) {
    while (cursor < seen.length) {
      const [name, first] = seen[cursor++];
      if (name === wanted || (name === "message" && first.message.ask === wanted)) return;
    }
    await new Promise((resolve) => (arrived = resolve));
  }
}

async function within(namespace) {
  others[namespace] ??= await connect(namespace);
  return others[namespace];
}

function filled(content) {
  if (typeof content === "string" && content.startsWith("$")) return saved[content.slice(1)];
  if (Array.isArray(content)) return content.map(filled);
  if (content && typeof content === "object")
    return Object.fromEntries(Object.entries(content).map(([name, inner]) => [name, filled(inner)]));
  return content;
}

for (const step of script) {
  if (step.until) await until(step.until);
  if (step.leave) socket.close();
  if (step.connect) socket = await connect("/extension", filled(step.connect), options, listen);
  if (step.call) {
    const [name, ...given] = filled(step.call);
    const one = step.namespace ? await within(step.namespace) : socket;
    const answer = await one.emitWithAck(name, ...given);
    acks.push(answer);
    if (step.as) saved[step.as] = step.part ? answer.result[step.part] : answer.result;
  }
}
finish({ acks, seen, saved });
