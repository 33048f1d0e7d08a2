/**
 * What is asked of people in conversations: approvals, who may come in, which model. Every press of a button passes the same
 * gate as a command, is bound to its chat and message, and counts once.
 */

import { moltErrorFrom } from "@moltworker/protocol/errors";
import type { EventMap } from "@moltworker/protocol/events";
import type { Approval } from "@moltworker/protocol/rows";
import type { Principal } from "../auth/principal.ts";
import type { Approvals } from "../runs/approvals.ts";
import type { Runner } from "../runs/runner.ts";
import type { ButtonAction, Buttons } from "./buttons.ts";
import type { InboundPress, Place } from "./channel.ts";
import { type CommandDependencies, chooseModel } from "./commands.ts";
import { type MessageLog, placeOf, type StoredMessage } from "./message-log.ts";
import type { PairingRequest } from "./pairings.ts";
import { senderPrincipal } from "./senders.ts";
import { bodyOf, laneOf, type SendKind, type Sends, type StoredSend } from "./sends.ts";

export interface OwnerChat {
  channel: string;
  account: string;
  place: Place;
}

interface Dependencies {
  sends: Sends;
  messages: MessageLog;
  buttons: Buttons;
  approvals: Approvals;
  runner: Runner;
  commands: CommandDependencies;
  pairing(requestId: string, allow: boolean, role: "owner" | "guest", by: Principal): string;
  /** Private chats of the owner on an account. */
  ownerChats(channel: string, account: string): OwnerChat[];
  /** Ends the button's waiting state at the provider. Best effort. */
  acknowledge(row: { channel: string; account: string }, pressId: string, text: string): void;
  /** Replaces a message that stands. Best effort. */
  rewrite(send: StoredSend, markdown: string): void;
  pump(lane: string): void;
}

export interface Desk {
  onApprovalRequested(approval: Approval): void;
  onApprovalResolved(event: EventMap["exec.approval.resolved"]): void;
  onPairing(request: PairingRequest): void;
  /** A sentence when it was refused. */
  onPress(row: StoredMessage, press: InboundPress): Promise<string | undefined>;
  /** Says something in a message's chat, once for each key. */
  say(row: StoredMessage, key: string, reply: { text: string; buttons?: { label: string; action: ButtonAction }[][] }): void;
}

const hourMs = 3_600_000;

export function createDesk(deps: Dependencies): Desk {
  function post(
    to: OwnerChat,
    key: string,
    kind: SendKind,
    message: {
      text: string;
      buttons?: readonly (readonly { label: string; action: ButtonAction }[])[] | undefined;
      lifeMs?: number;
      runId?: string;
    },
  ): void {
    const { buttons } = message;
    // Said before: its buttons are out there already.
    if (deps.sends.byKey(key)) return;
    const made =
      buttons && buttons.length > 0 ? deps.buttons.make({ ...to, sendKey: key }, buttons, message.lifeMs ?? hourMs) : undefined;
    deps.sends.prepare({
      ...to,
      kind,
      key,
      body: { markdown: message.text, ...(made ? { buttons: made } : {}) },
    });
    deps.pump(laneOf(to.channel, to.account, to.place.chatId));
  }

  async function act(action: ButtonAction, principal: Principal): Promise<string> {
    if (action.do === "approval") {
      deps.commands.authorize(principal, "channel.approve");
      deps.approvals.resolve(action.approvalId, action.allow, principal.id);
      deps.runner.kick();
      return action.allow ? "Allowed once." : "Denied.";
    }
    if (action.do === "pairing") {
      deps.commands.authorize(principal, "channel.pairing");
      return deps.pairing(action.requestId, action.allow, action.role, principal);
    }
    deps.commands.authorize(principal, "channel.model");
    return chooseModel(action.sessionKey, action.model, deps.commands).text;
  }

  return {
    onApprovalRequested(approval) {
      const rows = deps.messages.ofRun(approval.request.runId);
      const [first] = rows;
      if (!first) return;
      const direct = first.chat_kind === "direct" && first.role === "owner";
      const chats = direct
        ? [{ channel: first.channel, account: first.account, place: placeOf(first) }]
        : deps.ownerChats(first.channel, first.account);
      const { text, whole } = approvalText(approval);
      const decide = (allow: boolean) => ({ do: "approval" as const, approvalId: approval.id, allow });
      // Nobody may allow what they were not shown.
      const buttons = [
        [...(whole ? [{ label: "Allow once", action: decide(true) }] : []), { label: "Deny", action: decide(false) }],
      ];
      const lifeMs = Math.max(60_000, approval.expiresAtMs - approval.createdAtMs);
      for (const to of chats) post(to, approvalKey(approval.id, to), "approval", { text, buttons, lifeMs });
      if (!direct) {
        const waits =
          chats.length > 0
            ? "This needs the owner's yes; I have asked."
            : "This needs the owner's yes, in the assistant's own page.";
        post({ channel: first.channel, account: first.account, place: placeOf(first) }, `${approval.id}:waits`, "notice", {
          text: waits,
        });
      }
    },
    onApprovalResolved(event) {
      const word = {
        "allow-once": "✅ Allowed once.",
        deny: "⛔ Denied.",
        expired: "⌛ Nobody answered in time, or it was stopped.",
      };
      for (const send of deps.sends.byKeyPrefix(`approval:${event.id}:`)) {
        const text = bodyOf(send)?.markdown ?? "";
        if (send.receipt !== null) deps.rewrite(send, `${text}\n\n${word[event.decision]}`);
      }
    },
    onPairing(request) {
      const stranger: OwnerChat = {
        channel: request.channel,
        account: request.accountId,
        place: { chatId: request.chatId, chatKind: "direct" },
      };
      const text = [
        "I do not know you yet. Show this code to my owner, who can let you in:",
        "",
        `\`${request.code}\``,
        "",
        `It holds for an hour. Your id here is \`${request.senderId}\`. Nothing you wrote was kept.`,
      ].join("\n");
      post(stranger, `pairing:${request.id}:code`, "notice", { text });
      const name = `${request.name}${request.username ? ` (@${request.username})` : ""}`;
      for (const to of deps.ownerChats(request.channel, request.accountId)) {
        const action = (allow: boolean) => ({ do: "pairing" as const, requestId: request.id, allow, role: "guest" as const });
        post(to, `pairing:${request.id}:ask:${to.place.chatId}`, "approval", {
          text: `${name}, id \`${request.senderId}\`, asks to be let in. They were shown the code \`${request.code}\`.`,
          buttons: [
            [
              { label: "Let in as a guest", action: action(true) },
              { label: "Dismiss", action: action(false) },
            ],
          ],
        });
      }
    },
    async onPress(row, press) {
      const where = {
        channel: row.channel,
        account: row.account,
        place: press.place,
        messageId: press.messageId,
        data: press.data,
      };
      const found = deps.buttons.peek(where);
      if ("refused" in found) {
        deps.acknowledge(row, press.pressId, found.refused);
        return found.refused;
      }
      try {
        const principal = senderPrincipal(row.channel, row.account, row.sender_id, row.role ?? "guest");
        const text = await act(found.action, principal);
        deps.buttons.take(where);
        deps.acknowledge(row, press.pressId, text.slice(0, 180));
        const send = deps.sends.byKey(found.sendKey);
        if (send && found.action.do !== "approval") deps.rewrite(send, `${bodyOf(send)?.markdown ?? ""}\n\n${text}`);
        return undefined;
      } catch (thrown) {
        const error = moltErrorFrom(thrown);
        deps.acknowledge(row, press.pressId, `${error.message}. ${error.hint}`.slice(0, 180));
        return error.message;
      }
    },
    say(row, key, reply) {
      const to = { channel: row.channel, account: row.account, place: placeOf(row) };
      post(to, `${row.id}:${key}`, "notice", { text: reply.text, buttons: reply.buttons });
    },
  };
}

const approvalKey = (id: string, to: OwnerChat): string => `approval:${id}:${to.channel}:${to.account}:${to.place.chatId}`;

const shownCharacters = 3_000;

/** The whole call, as it will run; `whole` is false when it is too long to show here. */
function approvalText({ request }: Approval): { text: string; whole: boolean } {
  const call = JSON.stringify(request.arguments, null, 2);
  const whole = call.length <= shownCharacters;
  const shown = whole ? call : `${call.slice(0, shownCharacters).toWellFormed()}\n…`;
  const rest = whole ? [] : ["", "It is too long to show here: decide in the assistant's own page, which shows all of it."];
  return {
    text: [`**May I use \`${request.tool}\`?** ${request.reason}`, "", "```json", shown, "```", ...rest].join("\n"),
    whole,
  };
}
