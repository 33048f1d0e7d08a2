/** One call of the assistant in the governor's books: admitted before it leaves, its tries counted, settled once however it ends. */

import { type ErrorCode, errorTable, type MoltError } from "@moltworker/protocol/errors";
import type { TokenLimits } from "@moltworker/protocol/gateway";
import type { Usage } from "@moltworker/protocol/messages";
import type { ModelRow } from "@moltworker/protocol/rows";
import type { ModelCall } from "../agent/model.ts";
import type { Clock } from "../platform/clock.ts";
import { createId } from "../platform/id.ts";
import type { Admission, CallAttempt, CallTarget, Governor, PlannedCall } from "./governor/governor.ts";
import { breakCost, type Comparison, type PrefixWatch } from "./governor/prefix-watch.ts";
import type { RateCard } from "./rate-card.ts";
import { plannedTokens, requestText } from "./usage.ts";

export interface GovernedDeps {
  governor: Governor;
  prefixes: PrefixWatch;
  clock: Clock;
  /** What a token's holder may do at most; null for none. */
  limitsOf?(tokenId: string): TokenLimits | null;
}

export interface FinishedTry {
  provider: string;
  model: string;
  startedAt: number;
  endedAt: number;
  firstByteAt: number | undefined;
  error: ErrorCode | null;
  usage: Usage | null;
}

export class GovernedCall {
  readonly admission: Admission;
  private readonly deps: GovernedDeps;
  private readonly planned: PlannedCall;
  private readonly prefix: Comparison;
  private readonly conversation: string;
  private readonly text: string | undefined;
  private answer: string | undefined;
  private readonly tries: FinishedTry[] = [];
  private settled = false;

  private constructor(
    deps: GovernedDeps,
    planned: PlannedCall,
    admission: Admission,
    { conversation, prefix, text }: { conversation: string; prefix: Comparison; text: string | undefined },
  ) {
    this.conversation = conversation;
    this.text = text;
    this.deps = deps;
    this.planned = planned;
    this.admission = admission;
    this.prefix = prefix;
  }

  /** Throws what `Governor.admit` throws. */
  static async begin(deps: GovernedDeps, call: ModelCall, row: ModelRow, canSwitchModel: boolean): Promise<GovernedCall> {
    const now = deps.clock.now();
    const text = requestText(call.request);
    const planned: PlannedCall = {
      callId: createId("gw", now),
      caller: {
        tenant: "owner",
        tokenId: call.tokenId ?? null,
        sessionKey: call.sessionKey,
        channel: call.channel ?? null,
        schedule: call.schedule ?? null,
        runId: call.runId,
        admin: true,
        own: call.tokenId === undefined ? null : (deps.limitsOf?.(call.tokenId) ?? null),
      },
      provider: row.provider,
      model: row.id,
      endpoint: "run",
      stream: true,
      inputTokens: plannedTokens(call.request),
      maxOutputTokens: call.request.maxOutputTokens ?? row.maxOutputTokens,
      metadata: {},
      askedAt: now,
      canShorten: true,
      canSwitchModel,
      canAsk: true,
      ...(call.replayOf === undefined ? {} : { replayOf: call.replayOf }),
      ...(call.approvedBudgets ? { approvedBudgets: call.approvedBudgets } : {}),
    };
    const admission = await deps.governor.admit(planned);
    // A folding of older messages is another conversation with the model.
    const conversation = call.step < 0 ? `${call.sessionKey} folding` : call.sessionKey;
    const prefix = deps.prefixes.compare(conversation, admission.ref, text, now);
    const kept = deps.governor.wantsBodies() ? text : undefined;
    return new GovernedCall(deps, planned, admission, { conversation, prefix, text: kept });
  }

  /** The most to ask for, when a budget pays less than the model can give. */
  get maxOutputTokens(): number | undefined {
    return this.admission.maxOutputTokens < this.planned.maxOutputTokens ? this.admission.maxOutputTokens : undefined;
  }

  /** The answer's parts, kept when the settings say so. */
  noteAnswer(content: unknown): void {
    if (this.text !== undefined) this.answer = JSON.stringify(content);
  }

  addTry(finished: FinishedTry): void {
    this.tries.push(finished);
  }

  /** Before another try: what the last one used is spent, so the next needs its own hold. Throws what `Governor.extend` throws. */
  async beforeRetry(target: Pick<CallTarget, "provider" | "model">): Promise<void> {
    if (!this.tries.at(-1)?.usage) return;
    const { inputTokens } = this.planned;
    const { maxOutputTokens } = this.admission;
    await this.deps.governor.extend(this.planned.callId, { ...target, inputTokens, maxOutputTokens });
  }

  /** Adds to the usage what the books know of it: a broken prefix, warnings. */
  annotate(usage: Usage, card: RateCard | null | undefined): Usage {
    const broken = breakCost(this.prefix, card);
    const notes = this.admission.warnings;
    return { ...usage, ...(broken ? { prefixBreak: broken } : {}), ...(notes.length > 0 ? { notes: [...notes] } : {}) };
  }

  /** Once; later calls change nothing. Whoever stops reading after a whole answer leaves no error behind. */
  settle(reason: MoltError | null): void {
    if (this.settled) return;
    this.settled = true;
    const { planned, tries } = this;
    const { clock, governor, prefixes } = this.deps;
    const last = tries.at(-1);
    const error = last && last.error === null ? null : reason;
    const answered = tries.find((one) => one.firstByteAt !== undefined);
    if (last?.usage) prefixes.noteTokens(this.conversation, last.usage.input);
    governor.settle({
      callId: planned.callId,
      status: error ? errorTable[error.code].http : 200,
      provider: last?.provider ?? planned.provider,
      model: last?.model ?? planned.model,
      keyAlias: null,
      step: 0,
      attempts: tries.map(attemptFrom),
      cacheStatus: "BYPASS",
      usage: null,
      estimated: tries.some((one) => one.usage?.estimated === true),
      firstByteMs: answered?.firstByteAt === undefined ? null : answered.firstByteAt - planned.askedAt,
      durationMs: clock.now() - planned.askedAt,
      error,
      ...(this.text === undefined ? {} : { requestBody: this.text, requestContentType: "application/json" }),
      ...(this.answer === undefined ? {} : { responseBody: this.answer, responseContentType: "application/json" }),
      prefixBreak: last?.usage?.prefixBreak ?? null,
    });
  }
}

function attemptFrom(one: FinishedTry): CallAttempt {
  return {
    provider: one.provider,
    model: one.model,
    keyAlias: null,
    status: one.error === null ? 200 : errorTable[one.error].http,
    startedAt: one.startedAt,
    durationMs: one.endedAt - one.startedAt,
    error: one.error,
    usage: one.usage,
  };
}
