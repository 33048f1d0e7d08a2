/** Who may write on channels, and as what: the owner's own identities, guests, people who are kept out. */

import { type ChannelSenderRow, type SenderRole, senderRoles } from "@moltworker/protocol/channels";
import { useApp } from "../store/app.ts";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part, Row, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("channels.senders.list", {}, { resend: true });

const words: Record<SenderRole, string> = { owner: "you", guest: "guest", blocked: "kept out" };
const sources: Record<ChannelSenderRow["source"], string> = {
  pairing: "paired",
  person: "set here",
  settings: "named in the settings",
  policy: "let in since the account is open",
};

export function ChannelPeople() {
  const revision = useApp((state) => state.channelsRevision);
  const [list, reload] = useLoaded(load, revision);
  const run = (work: Promise<unknown>, done: string) => void work.then(() => notify(done), notifyError).finally(reload);
  return (
    <Part
      title="People"
      about="Known by the provider's own id, which never changes; names do, and prove nothing. Guests have conversations of their own and none of your files and tools."
    >
      {list?.senders.length === 0 && <Nothing>Nobody has been let in yet.</Nothing>}
      {list && list.senders.length > 0 && (
        <Rows label="People">
          {list.senders.map((sender) => {
            const { channel, accountId, senderId, name } = sender;
            const ref = { channel, accountId, senderId };
            return (
              <Row
                key={`${channel} ${accountId} ${senderId}`}
                name={name || senderId}
                mark={words[sender.role]}
                facts={factsOf(sender)}
              >
                <select
                  aria-label={`What ${name || senderId} is`}
                  className="field text-sm"
                  value={sender.role}
                  onChange={(event) =>
                    run(
                      request("channels.senders.set", { ...ref, role: event.target.value as SenderRole }),
                      `${name} is now: ${words[event.target.value as SenderRole]}.`,
                    )
                  }
                >
                  {senderRoles.map((role) => (
                    <option key={role} value={role}>
                      {words[role]}
                    </option>
                  ))}
                </select>
                {(sender.source === "pairing" || sender.source === "person") && (
                  <Button
                    look="danger"
                    aria-label={`Forget ${name || senderId}`}
                    onClick={() => run(request("channels.senders.remove", ref), "Forgotten.")}
                  >
                    Forget
                  </Button>
                )}
              </Row>
            );
          })}
        </Rows>
      )}
    </Part>
  );
}

const factsOf = ({ channel, accountId, senderId, username, source, lastSeenAt }: ChannelSenderRow) =>
  [
    `${channel} ${accountId}`,
    username ? `@${username}` : null,
    `id ${senderId}`,
    sources[source],
    lastSeenAt === null ? null : `last wrote ${dateTimeText(lastSeenAt)}`,
  ]
    .filter(Boolean)
    .join(" · ");
