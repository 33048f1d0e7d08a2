/** The scratch object: an empty database beside the assistant in which snapshots are proved. It holds nothing between proofs. */

import { DurableObject } from "cloudflare:workers";
import { errorFromWire, errorToWire, moltErrorFrom, type WireError } from "@moltworker/protocol/errors";
import { migrations } from "../catalog/migrations.ts";
import { systemClock } from "../platform/clock.ts";
import { createScratchDatabase, type Load, type ScratchDatabase } from "../snapshots/scratch.ts";
import type { PageSource } from "../snapshots/staged.ts";
import type { Scratch } from "../snapshots/verify-snapshot.ts";
import { createDatabase } from "../storage/database.ts";

type Answer<Value> = { value: Value } | { error: WireError };

/** Errors cross the border between objects as data: their class would not. */
async function answered<Value>(work: () => Value | Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: errorToWire(moltErrorFrom(error)) };
  }
}

export class SnapshotScratch extends DurableObject {
  private get scratch(): ScratchDatabase {
    return createScratchDatabase(createDatabase(this.ctx.storage), migrations, systemClock);
  }

  begin(schema: readonly string[]) {
    return answered(() => this.scratch.begin(schema));
  }
  load(loads: readonly Load[]) {
    return answered(() => this.scratch.load(loads));
  }
  digest(table: string, columns: readonly string[]) {
    return answered(() => this.scratch.digest(table, columns));
  }
  finish() {
    return answered(() => this.scratch.finish());
  }
  page(...args: Parameters<PageSource["page"]>) {
    return answered(() => this.scratch.page(...args));
  }
  clear() {
    return answered(() => this.ctx.storage.deleteAll());
  }
}

/** The scratch of one assistant, as the snapshots use it. */
export function scratchOf(namespace: DurableObjectNamespace<SnapshotScratch>, name: string): Scratch & PageSource {
  const stub = () => namespace.get(namespace.idFromName(name));
  const value = async <Value>(answer: Promise<unknown>): Promise<Value> => {
    const found = (await answer) as Answer<Value>;
    if ("error" in found) throw errorFromWire(found.error);
    return found.value;
  };
  return {
    begin: (schema) => value(stub().begin(schema)),
    load: (loads) => value(stub().load(loads)),
    digest: (table, columns) => value(stub().digest(table, columns)),
    finish: () => value(stub().finish()),
    page: (portion, after, most) => value(stub().page(portion, after, most)),
    clear: () => value(stub().clear()),
  };
}
