/** Requests that are repeated, left alone, read later, or cut by a crash: one run, one answer. */

import { type ClientRequest, request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient } from "../support/client.ts";
import { type ApiWorld, failure, readSse, say, startApiWorld, textIn, until } from "../support/http-api.ts";

let world: ApiWorld;
beforeAll(async () => {
  world = await startApiWorld();
}, 60_000);
afterAll(() => world?.dispose());

const ask: ApiWorld["ask"] = (...given) => world.ask(...given);
const chat: ApiWorld["chat"] = (...given) => world.chat(...given);
const read: ApiWorld["read"] = (...given) => world.read(...given);
const requestWith: ApiWorld["requestWith"] = (text) => world.requestWith(text);

/** A request whose connection the test holds in its hand. */
function rawAsk(path: string, body: unknown): ClientRequest {
  const headers = { "content-type": "application/json", authorization: `Bearer ${world.token}` };
  const asking = httpRequest(`${world.server.url}v1/${path}`, { method: "POST", headers });
  asking.on("error", () => {});
  asking.end(JSON.stringify(body));
  return asking;
}

const requestOf = (body: object) => {
  const [mark] = /leave-\d+/.exec(JSON.stringify(body)) ?? [""];
  return world.provider.waitForRequest((one) => JSON.stringify(one.body).includes(mark));
};

const httpApi = async (change: object) => {
  const { hash } = await world.owner.request("config.get", {});
  await world.owner.request("config.patch", { raw: JSON.stringify({ httpApi: change }), baseHash: hash });
};

describe("once", () => {
  it("the same Idempotency-Key gives the same answer, another body is refused", async () => {
    const headers = { "idempotency-key": "once-1" };
    const first = await chat(say("count me-21"), headers);
    const again = await chat(say("count me-21"), headers);
    expect(again).toEqual(first);
    expect(requestWith("count me-21")).toHaveLength(1);
    const other = await failure(await ask("chat/completions", say("something else"), headers));
    expect(other).toMatchObject({ status: 409, code: "CONFLICT" });
    const apart = (await world.owner.request("auth.tokens.create", { label: "apart", scopes: ["operator.write"] })).token;
    expect((await chat(say("[[say: another]]"), headers, apart)).id).not.toBe(first.id);
  });

  it("two at the same time are one run, streamed to both", async () => {
    const body = say("[[say: a b c d e f]] [[delay: 80]] both-22", { stream: true });
    const both = await Promise.all(
      [1, 2].map(() => ask("chat/completions", body, { "idempotency-key": "once-2" }).then(readSse)),
    );
    expect(both.map(textIn)).toEqual(["a b c d e f", "a b c d e f"]);
    expect(requestWith("both-22")).toHaveLength(1);
  });
});

describe("a client that goes away", () => {
  it("stops the run that nobody can ask for again", async () => {
    const controller = new AbortController();
    const long = say(`[[say: ${"word ".repeat(200)}]] [[delay: 100]] leave-41`, { stream: true });
    const answer = await ask("chat/completions", long, {}, world.token, controller.signal);
    const request = await world.provider.waitForRequest((one) => JSON.stringify(one.body).includes("leave-41"));
    await answer.body?.getReader().read();
    controller.abort();
    expect(await world.provider.waitForEnd(request)).toBe("closed");
  });

  it.each([
    ["chat/completions", say("[[say: nobody waits for this]] [[wait: 20000]] leave-43")],
    ["responses", { model: "moltworker", input: "[[say: nor for this]] [[wait: 20000]] leave-44", store: false }],
  ])("stops it too when the answer was to come whole and the connection is reset: %s", async (path, body) => {
    const asking = rawAsk(path, body);
    const request = await requestOf(body);
    asking.socket?.resetAndDestroy();
    expect(await world.provider.waitForEnd(request)).toBe("closed");
  });

  it("one that says nothing and only closes its side is waited for no longer than answers may take", async () => {
    await httpApi({ answerTimeoutSeconds: 5 });
    const body = say("[[say: nor for that]] [[wait: 20000]] leave-45");
    const asking = rawAsk("chat/completions", body);
    const request = await requestOf(body);
    asking.socket?.destroy();
    expect(await world.provider.waitForEnd(request)).toBe("closed");
    await httpApi({ answerTimeoutSeconds: 600 });
  });

  it("leaves the run of an Idempotency-Key alone, and its answer can be had", async () => {
    const controller = new AbortController();
    const body = say("[[say: it went on without you]] [[delay: 150]] leave-42", { stream: true });
    const answer = await ask("chat/completions", body, { "idempotency-key": "leave-42" }, world.token, controller.signal);
    await answer.body?.getReader().read();
    controller.abort();
    const again = await readSse(await ask("chat/completions", body, { "idempotency-key": "leave-42" }));
    expect(textIn(again)).toBe("it went on without you");
    expect(requestWith("leave-42")).toHaveLength(1);
  });
});

describe("responses", () => {
  interface ResponseBody {
    id: string;
    status: string;
    output: { type: string; content: { type: string; text: string }[] }[];
    usage: { input_tokens: number; total_tokens: number } | null;
    metadata: object;
    error: { code: string } | null;
  }
  const respond = async (body: object) => {
    const answer = await ask("responses", { model: "moltworker", ...body });
    expect(answer.status, await answer.clone().text()).toBe(200);
    return (await answer.json()) as ResponseBody;
  };
  const wordsIn = ({ output }: ResponseBody) => output.flatMap((item) => item.content.map((part) => part.text)).join("");

  it("answers whole and can be read again", async () => {
    const made = await respond({ input: "[[say: hi]]", instructions: "Be brief-61.", metadata: { a: "b" } });
    expect(made).toMatchObject({ object: "response", status: "completed", metadata: { a: "b" }, instructions: "Be brief-61." });
    expect(wordsIn(made)).toBe("hi");
    expect(JSON.stringify(requestWith("Be brief-61.")[0]?.body)).toContain("Be brief-61.");
    expect(await (await read(`responses/${made.id}`)).json()).toEqual(made);
    const gone = await fetch(`${world.server.url}v1/responses/${made.id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${world.token}` },
    });
    expect(await gone.json()).toMatchObject({ deleted: true });
    expect((await read(`responses/${made.id}`)).status).toBe(404);
  });

  it("goes on from an earlier one, also from its middle", async () => {
    const first = await respond({ input: "[[say: noted]] the word is fig-62" });
    const second = await respond({ input: "[[say: second]] go on-62a", previous_response_id: first.id });
    expect(JSON.stringify(requestWith("go on-62a")[0]?.body)).toContain("fig-62");
    const branch = await respond({ input: "[[say: branch]] go on-62b", previous_response_id: first.id });
    const sent = JSON.stringify(requestWith("go on-62b")[0]?.body);
    expect(sent).toContain("fig-62");
    expect(sent).not.toContain("go on-62a");
    expect([wordsIn(second), wordsIn(branch)]).toEqual(["second", "branch"]);
  });

  it("streams the events in order", async () => {
    const answer = await ask("responses", { model: "moltworker", input: "[[say: a b c]] [[delay: 60]]", stream: true });
    const events = (await readSse(answer)).map((event) => JSON.parse(event.data));
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
    const types = events.map((event) => event.type);
    expect(types.filter((type) => type !== "response.output_text.delta")).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : [])).join("")).toBe("a b c");
    expect(wordsIn(events.at(-1).response)).toBe("a b c");
  });

  it("works in the background, and can be cancelled", async () => {
    const made = await respond({ input: "[[say: later]] [[wait: 300]]", background: true });
    expect(["queued", "in_progress"]).toContain(made.status);
    const done = await until(async () => {
      const body = (await (await read(`responses/${made.id}`)).json()) as ResponseBody;
      return body.status === "completed" ? body : undefined;
    });
    expect(wordsIn(done)).toBe("later");
    const slow = await respond({ input: "[[say: never]] [[wait: 20000]]", background: true });
    const cancelled = (await (await ask(`responses/${slow.id}/cancel`, {})).json()) as ResponseBody;
    expect(cancelled.status).toBe("cancelled");
  });
});

describe("settings", () => {
  it("too many requests a minute are told when to come again", async () => {
    await httpApi({ requestsPerMinute: 1 });
    const { token } = await world.owner.request("auth.tokens.create", { label: "hasty", scopes: ["operator.write"] });
    await chat(say("[[say: first]]"), {}, token);
    const second = await ask("chat/completions", say("second"), {}, token);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(30);
    expect(await failure(second)).toMatchObject({ status: 429, code: "RATE_LIMITED", type: "rate_limit_error" });
    await httpApi({ requestsPerMinute: 240 });
  });

  it("`finish` lets every run end, whoever has gone", async () => {
    await httpApi({ onDisconnect: "finish" });
    const controller = new AbortController();
    const body = say("[[say: to the end]] [[delay: 150]] finish-1", { stream: true, user: "stays" });
    const answer = await ask("chat/completions", body, {}, world.token, controller.signal);
    const request = await world.provider.waitForRequest((one) => JSON.stringify(one.body).includes("finish-1"));
    await answer.body?.getReader().read();
    controller.abort();
    expect(await world.provider.waitForEnd(request)).toBe("done");
    await httpApi({ onDisconnect: "auto" });
  });

  it("switched off, nothing is there, and STOP starts nothing", async () => {
    await httpApi({ enabled: false });
    expect(await failure(await read("models"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
    await httpApi({ enabled: true });
    await world.owner.request("gateway.suspend", { suspended: true });
    expect(await failure(await ask("chat/completions", say("x stop-1")))).toMatchObject({ status: 503, code: "SUSPENDED" });
    expect(requestWith("stop-1")).toHaveLength(0);
    await world.owner.request("gateway.suspend", { suspended: false });
  });
});

describe("a process that dies in mid-answer", () => {
  it("gives one answer to the retry with the same key, and asks the provider no more than it must", async () => {
    const body = say("[[say: survived the kill]] [[delay: 400]] kill-91");
    const cut = ask("chat/completions", body, { "idempotency-key": "kill-91" }).then(
      (answer) => answer.text(),
      (error: unknown) => error as Error,
    );
    await world.provider.waitForRequest((one) => JSON.stringify(one.body).includes("kill-91"));
    await world.server.killTree();
    await cut;
    await world.server.restart();
    const answers = await Promise.all([1, 2].map(() => chat(body, { "idempotency-key": "kill-91" })));
    expect(answers[0]?.choices[0]?.message.content).toBe("survived the kill");
    expect(answers[1]).toEqual(answers[0]);
    // One call that the kill cut, one that made the answer.
    expect(requestWith("kill-91")).toHaveLength(2);
  });

  it("stops what nobody can read any more", async () => {
    const cut = ask("chat/completions", say("[[say: nobody hears]] [[delay: 400]] kill-92")).catch((error: unknown) => error);
    await world.provider.waitForRequest((one) => JSON.stringify(one.body).includes("kill-92"));
    await world.server.killTree();
    await cut;
    await world.server.restart();
    const back = await connectClient(world.server.url, { token: world.token, caps: ["resume"] });
    const { sessions } = await back.request("sessions.list", { archived: true, search: "kill-92" });
    back.close();
    expect(sessions.map((session) => session.hasActiveRun)).toEqual([false]);
  });
});
