/**
 * Keeps one workerd alive on one data folder: starts it, proves it ready, restarts it with backoff on the same port,
 * drains it on stop. The caller holds the folder's lock for as long as `run` has not settled.
 */

import { isIP } from "node:net";
import { MoltError } from "@moltworker/protocol/errors";
import { isSecretVariable, seedVariables, unusedVariables } from "@moltworker/protocol/variables";
import { type LocalContainers, openLocalContainers } from "../containers/local-containers.ts";
import { type Backoff, createBackoff } from "./backoff.ts";
import type { DataFolder } from "./data-folder.ts";
import { answerError, baseUrl, callHost, createLink, type HostAddress } from "./host-api.ts";
import { openLogFile } from "./log-file.ts";
import { createScrubber, type LogLine, logLineFrom } from "./log-line.ts";
import { ownIdentity, startMarkOf } from "./process-identity.ts";
import { createReporter, type Reporter } from "./reporter.ts";
import { removeRun, writeRun } from "./run-file.ts";
import { corruptStorage, endOf, permanentFailure, workerdCrashed } from "./start-failure.ts";
import { followGatewayToken, tokenChangedEvent } from "./token-file.ts";
import type { BuiltFiles } from "./workerd-binary.ts";
import { spawnWorkerd, type Workerd, type WorkerdExit } from "./workerd-process.ts";

export interface SupervisorSettings {
  folder: DataFolder;
  /** Address to listen on. */
  host: string;
  port: number;
  binary: string;
  built: BuiltFiles;
  hostKey: string;
  gatewayToken: string;
  environment: NodeJS.ProcessEnv;
  version: string;
}

export type ServerEvent =
  | { type: "ready"; url: string; link: string; port: number; pid: number; workerdPid: number; dataDir: string; startMs: number }
  | { type: "restarting"; inMs: number; cause: string }
  | { type: "restarted"; url: string; port: number; workerdPid: number }
  | { type: "stopping" }
  | { type: "stopped" }
  | ({ type: "log" } & LogLine);

/** The Worker logs this when a person asked for a restart. */
const restartEvent = "gateway.restart-requested";

const readyTimeoutMs = 15_000;
const failingAnswers = 8;
const drainRequestMs = 8_000;
const drainMs = 5_000;
/** After the assistant has drained, with containers that outlive this workerd. */
const heldDrainMs = 500;
const keptLines = 50;

export class Supervisor {
  readonly #settings: SupervisorSettings;
  readonly #report: (event: ServerEvent) => void;
  readonly #backoff: Backoff;
  readonly #logFile;
  readonly #scrub;
  readonly #reporter: Reporter;
  readonly #startedAt = new Date().toISOString();
  #lines: LogLine[] = [];
  #workerd: Workerd | undefined;
  #port: number;
  #stopping = false;
  #restarting = false;
  #containers: LocalContainers | undefined;
  #wake = () => {};

  constructor(settings: SupervisorSettings, report: (event: ServerEvent) => void, backoff = createBackoff()) {
    this.#backoff = backoff;
    this.#settings = settings;
    this.#report = report;
    this.#port = settings.port;
    this.#logFile = openLogFile(settings.folder.logs);
    this.#reporter = createReporter(settings.built.build);
    const keys = seedVariables.filter(isSecretVariable).map((name) => settings.environment[name]);
    this.#scrub = createScrubber([settings.hostKey, settings.gatewayToken, ...keys]);
  }

  /** Resolves after a stop. Throws when the server cannot start or keeps crashing; nothing runs then. */
  async run(): Promise<void> {
    this.#containers = await this.#openContainers();
    try {
      let served = false;
      while (!this.#stopping) {
        const began = Date.now();
        const { ready, exit } = await this.#runOnce(served);
        served ||= ready;
        if (this.#stopping) break;
        if (this.#restarting) {
          this.#restarting = false;
          continue;
        }
        await this.#pause(exit, Date.now() - began, served);
      }
    } finally {
      // Nothing of a failed start may go on writing to the folder once its lock is free.
      this.#workerd?.kill("SIGKILL");
      await this.#workerd?.exited;
      this.#reporter.close();
      await this.#containers?.close();
      removeRun(this.#settings.folder.path);
      this.#logFile.close();
    }
    this.#report({ type: "stopped" });
  }

  /** Without a socket for it, containers are missing and nothing else. */
  async #openContainers(): Promise<LocalContainers | undefined> {
    const { folder, built, environment } = this.#settings;
    const log = (event: string, fields: Record<string, unknown>) =>
      this.#log({ ts: new Date().toISOString(), level: "warn", event, ...fields });
    return openLocalContainers({ folder: folder.path, images: built.images, environment, log }).catch((error: Error) => {
      log("containers.unavailable", { message: error.message });
      return undefined;
    });
  }

  /** First call: a bounded drain. Second call: the end at once. */
  stop(): void {
    if (this.#stopping) {
      this.#workerd?.kill("SIGKILL");
      return;
    }
    this.#stopping = true;
    this.#report({ type: "stopping" });
    this.#wake();
    void this.#drain();
  }

  /** Drains, then starts what lies on disk now, on the same port. Nothing happens while it stops or starts already. */
  restart(cause: string): void {
    if (this.#stopping || this.#restarting || !this.#workerd) return;
    this.#restarting = true;
    this.#log({ ts: new Date().toISOString(), level: "info", event: "server.restart_asked", message: cause });
    this.#report({ type: "restarting", inMs: 0, cause });
    void this.#drain();
  }

  async #drain(): Promise<void> {
    const workerd = this.#workerd;
    if (!workerd) return;
    const forced = [setTimeout(() => workerd.kill("SIGKILL"), drainMs + drainRequestMs)];
    await callHost(this.#address(), "POST", "/api/host/drain", drainRequestMs).catch(() => undefined);
    const held = this.#restarting && this.#containers?.hold() === true;
    workerd.kill("SIGTERM");
    // It would wait for the end of its containers, which are held so that they do not end.
    if (held) forced.push(setTimeout(() => workerd.kill("SIGKILL"), heldDrainMs));
    await workerd.exited;
    for (const timer of forced) clearTimeout(timer);
  }

  /** One life of workerd, from spawn to exit. */
  async #runOnce(served: boolean): Promise<{ ready: boolean; exit: WorkerdExit }> {
    this.#lines = [];
    const workerd = await this.#spawn();
    const port = await Promise.race([workerd.listening, workerd.exited.then(() => undefined)]);
    if (port === undefined) return { ready: false, exit: await workerd.exited };
    this.#port = port;
    this.#record(workerd);
    const link = served ? undefined : createLink(this.#address()).catch(() => undefined);
    const ready = await this.#waitReady(workerd);
    if (ready && !this.#stopping) await this.#announce(workerd, served, await link);
    if (ready) this.#reporter.connect(this.#address());
    void workerd.exited.then(() => this.#reporter.disconnect());
    return { ready, exit: await workerd.exited };
  }

  async #spawn(): Promise<Workerd> {
    const { binary, built, folder, host } = this.#settings;
    this.#containers?.forget();
    const workerd = await spawnWorkerd({
      binary,
      config: built.config,
      address: `${host.includes(":") ? `[${host}]` : host}:${this.#port}`,
      folders: { "do-storage": folder.objects, blobs: folder.blobs, snapshots: folder.snapshots, ui: built.ui },
      folder: folder.path,
      environment: this.#workerdEnvironment(),
      onLine: (text) => this.#receive(logLineFrom(this.#scrub(text))),
    }).catch((error: Error) => {
      throw new MoltError("WORKERD_MISSING", { message: `workerd cannot be started: ${error.message}`, cause: error });
    });
    this.#workerd = workerd;
    this.#record(workerd);
    if (this.#stopping) workerd.kill("SIGKILL");
    return workerd;
  }

  #workerdEnvironment(): Record<string, string> {
    const { environment, host, hostKey, gatewayToken } = this.#settings;
    const passed: Record<string, string> = {};
    for (const name of [...seedVariables, "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ"]) {
      const value = environment[name];
      if (value) passed[name] = value;
    }
    // A name that the server is bound to is one it answers to; addresses need no naming.
    if (isIP(host) === 0) passed.MOLTWORKER_ALLOWED_HOSTS = [passed.MOLTWORKER_ALLOWED_HOSTS ?? "", host].join(" ").trim();
    const unused = unusedVariables.filter((name) => environment[name]).join(",");
    return { ...passed, UNUSED_VARIABLES: unused, HOST_KEY: hostKey, MOLTBOT_GATEWAY_TOKEN: gatewayToken };
  }

  /** True once `/readyz` answers 200, which also wakes the assistant so that it resumes what was cut. False when workerd ended. */
  async #waitReady(workerd: Workerd): Promise<boolean> {
    let ended = false;
    void workerd.exited.then(() => {
      ended = true;
    });
    let deadline = Date.now() + readyTimeoutMs;
    for (let failures = 0; !ended; ) {
      const answer = await callHost(this.#address(), "GET", "/readyz", readyTimeoutMs).catch(() => undefined);
      if (answer?.status === 200) return true;
      if (answer && answerError(answer).code === "UPGRADING") {
        // It answers, and says what it waits for: a snapshot before the upgrade of the data.
        deadline = Date.now() + readyTimeoutMs;
        failures = 0;
      } else if (answer && ++failures >= failingAnswers) return this.#refuse(workerd, answerError(answer));
      if (Date.now() > deadline)
        return this.#refuse(workerd, new MoltError("TIMEOUT", { message: "the assistant did not become ready in time" }));
      await new Promise((resolve) => setTimeout(resolve, 20 * Math.max(1, failures)));
    }
    return false;
  }

  /** The server listens but the assistant does not work: a damaged database is final, anything else is a crash. */
  async #refuse(workerd: Workerd, error: MoltError): Promise<false> {
    workerd.kill("SIGKILL");
    await workerd.exited;
    const corrupt = corruptStorage(this.#settings.folder.objects, this.#lines);
    if (corrupt) throw corrupt;
    if (error.code === "STORAGE_CORRUPT" || error.code === "MIGRATION_FAILED") throw error;
    this.#log({ ts: new Date().toISOString(), level: "error", event: "server.not_ready", message: error.message });
    return false;
  }

  async #announce(workerd: Workerd, served: boolean, early: { link: string } | undefined): Promise<void> {
    const address = this.#address();
    const [url, port, workerdPid] = [baseUrl(address), address.port, workerd.pid];
    this.#log({
      ts: new Date().toISOString(),
      level: "info",
      event: served ? "server.restarted" : "server.ready",
      port,
      workerdPid,
    });
    if (served) {
      this.#report({ type: "restarted", url, port, workerdPid });
      return this.#followToken();
    }
    const { link } = early ?? (await createLink(address));
    const startMs = Math.round(performance.now());
    this.#report({ type: "ready", url, link, port, pid: process.pid, workerdPid, dataDir: this.#settings.folder.path, startMs });
    await this.#followToken();
  }

  #receive(line: LogLine): void {
    this.#log(line);
    if (line.event === tokenChangedEvent) void this.#followToken();
    if (line.event === restartEvent) this.restart("a restart was asked for in the admin");
  }

  /** A file that cannot be written is said, and stops nothing: the assistant works with its own token. */
  async #followToken(): Promise<void> {
    const ts = new Date().toISOString();
    try {
      if (await followGatewayToken(this.#settings.folder, this.#address()))
        this.#log({ ts, level: "info", event: "server.token_file_written" });
    } catch (error) {
      if (!this.#stopping) this.#log({ ts, level: "warn", event: "server.token_file_stale", message: (error as Error).message });
    }
  }

  /** Throws when another try is useless. */
  async #pause(exit: WorkerdExit, ranForMs: number, served: boolean): Promise<void> {
    const { host, folder } = this.#settings;
    const context = { host, port: this.#port, objects: folder.objects, lines: this.#lines };
    const failure = permanentFailure(context);
    if (failure && (!served || failure.code === "STORAGE_CORRUPT")) throw failure;
    const inMs = this.#backoff.next(ranForMs);
    if (inMs === undefined) throw failure ?? workerdCrashed(context, exit);
    const cause = `the server ended${endOf(exit, this.#lines)}`;
    this.#log({ ts: new Date().toISOString(), level: "warn", event: "server.restarting", inMs, message: cause });
    this.#report({ type: "restarting", inMs, cause });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, inMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #record(workerd: Workerd): void {
    const { hostKey, version, folder } = this.#settings;
    const { host } = this.#address();
    const identity = { pid: workerd.pid, startMark: startMarkOf(workerd.pid) ?? "" };
    writeRun(folder.path, {
      supervisor: ownIdentity(),
      workerd: identity,
      host,
      port: this.#port,
      hostKey,
      startedAt: this.#startedAt,
      version,
    });
  }

  #address(): HostAddress {
    const everywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1" };
    const { host, hostKey } = this.#settings;
    return { host: everywhere[host] ?? host, port: this.#port, hostKey };
  }

  #log(line: LogLine): void {
    this.#lines = [...this.#lines.slice(1 - keptLines), line];
    this.#logFile.write(JSON.stringify(line));
    this.#reporter.line(line);
    this.#report({ type: "log", ...line });
  }
}
