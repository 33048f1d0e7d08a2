/**
 * The security record of assistants like this one, row by row: what went wrong elsewhere, what is promised here, and what shows
 * it. `docs/security.md` is written from this table; `tests/e2e/security.test.ts` has the tests of the rows that say `here`.
 */

export interface SecurityRow {
  /** Stable; the test's name. */
  id: string;
  /** Where it went wrong: public identifiers. */
  seen: string;
  /** What went wrong there. */
  was: string;
  /** What holds here. */
  rule: string;
  /** Tested against the running server in `tests/e2e/security.test.ts`. */
  here?: true;
  /** Shown by tests elsewhere: file, and a part of the test's title that stands there. */
  shown?: readonly (readonly [file: string, title: string])[];
  /** Why it cannot be shown yet. */
  notYet?: string;
}

const auth = "packages/worker/src/auth";

export const securityRows: readonly SecurityRow[] = [
  {
    id: "hostile-query",
    seen: "CVE-2026-25253",
    was: "The page took a gateway's address from its query, connected to it and sent its token.",
    rule: "The page talks to its own server alone; nothing in an address changes that.",
    here: true,
  },
  {
    id: "cross-site",
    seen: "CVE-2026-26317",
    was: "Web pages drove the routes of a loopback server.",
    rule: "Every change proves its origin, over HTTP and on the WebSocket; another port of the same host is another site.",
    here: true,
    shown: [["tests/e2e/attack.test.ts", "a foreign page cannot post to"]],
  },
  {
    id: "proxy-trust",
    seen: "GHSA-rggc-m335-3wvj, CVE-2026-35656, CVE-2026-26316",
    was: "Loopback or a forwarded header meant owner.",
    rule: "Network position and headers are never identity; an Access token counts by its signature and audience.",
    here: true,
    shown: [[`${auth}/access.test.ts`, "a right token"]],
  },
  {
    id: "limiter",
    seen: "oc#57647, CVE-2026-62220, CVE-2026-33580",
    was: "Another kind of credential, or another path, was not counted.",
    rule: "An attempt is counted before its kind is looked at: ten a minute from an address, whatever is presented.",
    shown: [
      [`${auth}/limits.test.ts`, "ten are looked at"],
      [`${auth}/connect.test.ts`, "1,000 times a wrong"],
      [`${auth}/passkeys.test.ts`, "1,000 from one address"],
      ["tests/e2e/attack.test.ts", "ten thousand guesses"],
    ],
  },
  {
    id: "own-scopes",
    seen: "CVE-2026-22172, GHSA-qjpc-qf9m-xwmr",
    was: "A client declared its own admin scope.",
    rule: "Scopes come from the stored grant; asking can only make them fewer.",
    here: true,
    shown: [[`${auth}/authorize.test.ts`, "%s on %s: %s"]],
  },
  {
    id: "pairing",
    seen: "CVE-2026-35639, CVE-2026-42422, CVE-2026-53843",
    was: "Pairing granted more than the granter had; a revoked token came back to life.",
    rule: "Nobody gives what they do not hold; what was revoked stays dead, and its sockets close within a second.",
    here: true,
    shown: [[`${auth}/upgrades.test.ts`, "drawn moves"]],
  },
  {
    id: "bootstrap",
    seen: "CVE-2026-53862, GHSA-xr4f-mjxj-w6w5",
    was: "A bootstrap code was replayed, or issued by somebody who was not the owner.",
    rule: "Links and codes are single use, short-lived and made by the owner; an API token makes none.",
    here: true,
    shown: [[`${auth}/pairing.test.ts`, "neither id nor code can be replayed"]],
  },
  {
    id: "webhook-secret",
    seen: "CVE-2026-25474, CVE-2026-27004",
    was: "A Telegram webhook was taken without its secret.",
    rule: "No secret, no route: nothing of the update is kept, and what came twice counts once.",
    here: true,
  },
  {
    id: "verify-or-refuse",
    seen: "CVE-2026-26319, CVE-2026-41301",
    was: "A verifier said yes when its key was missing.",
    rule: "What cannot be verified is refused.",
    shown: [
      ["tests/e2e/access.test.ts", "without Access configured its header means nothing"],
      [`${auth}/access.test.ts`, "the cause is named"],
      [`${auth}/passkeys.test.ts`, "an answer that is not accepted"],
    ],
  },
  {
    id: "bodies",
    seen: "CVE-2026-28478, CVE-2026-41343, CVE-2026-29612",
    was: "Bodies were read whole before their limit was looked at.",
    rule: "Bytes are counted while they stream; what is too large is cut off.",
    here: true,
    shown: [["tests/e2e/http-api.test.ts", "a body that is too large is refused while it streams"]],
  },
  {
    id: "route-binding",
    seen: "CVE-2026-28469",
    was: "A shared webhook path matched another account.",
    rule: "A route belongs to one account, by its whole path and its own secret.",
    here: true,
  },
  {
    id: "mutable-names",
    seen: "CVE-2026-28480, CVE-2026-53849, CVE-2026-53811",
    was: "Allow-lists matched names that anybody can take.",
    rule: "People are known by ids that a provider never gives twice.",
    shown: [["tests/e2e/telegram.test.ts", "whoever takes the owner's name is a stranger"]],
  },
  {
    id: "typed-principals",
    seen: "CVE-2026-26328, CVE-2026-62196",
    was: "An approval for direct messages counted in groups; a group's id served as a sender.",
    rule: "A sender, a group and a channel are different kinds of principal.",
    shown: [
      ["tests/e2e/telegram.test.ts", "everyone is a guest there, the owner too"],
      ["tests/e2e/telegram.test.ts", "a group that is not listed gets nothing"],
    ],
  },
  {
    id: "one-gate",
    seen: "GHSA-w5ww-7chg-mxcq, CVE-2026-35630",
    was: "Buttons under a message skipped the check of who pressed them.",
    rule: "One gate for every kind of event.",
    shown: [
      ["tests/e2e/telegram.test.ts", "a stranger is shown a code, once"],
      ["tests/e2e/telegram.test.ts", "an approval shows the whole call, and one press decides it"],
      [`${auth}/authorize.test.ts`, "%s on %s: %s"],
    ],
  },
  {
    id: "requester",
    seen: "CVE-2026-27484",
    was: "Who asks was taken from the model's arguments.",
    rule: "No tool takes an identity as an argument; a run acts as whoever sent its message.",
    shown: [["packages/worker/src/tools/reach.test.ts", "takes no identity as an argument"]],
  },
  {
    id: "policy",
    seen: "CVE-2026-41349, CVE-2026-45001",
    was: "The agent changed the settings that held it back.",
    rule: "No tool reaches settings, grants, budgets or keys: none of their modules is within a tool's reach.",
    shown: [["packages/worker/src/tools/reach.test.ts", "reach neither settings nor grants"]],
  },
  {
    id: "approved-is-run",
    seen: "CVE-2026-26325, GHSA-2j8v-hwgc-x698",
    was: "What ran differed from what was approved.",
    rule: "The hash of the shown call is what executes.",
    shown: [
      ["packages/worker/src/runs/tool-step.test.ts", "what was approved is what runs"],
      ["packages/worker/src/agent/call-text.test.ts", "changes with every mutation after approval"],
    ],
  },
  {
    id: "whole-view",
    seen: "CVE-2026-53829, CVE-2026-26320",
    was: "The view of a call was cut, or its text reordered.",
    rule: "A call is shown whole; what could mislead the eye is an escape.",
    shown: [
      ["packages/worker/src/agent/call-text.test.ts", "cuts nothing"],
      ["packages/worker/src/agent/call-text.test.ts", "as an escape"],
    ],
  },
  {
    id: "shell-bypass",
    seen: "CVE-2026-28363, CVE-2026-53848, CVE-2026-53866",
    was: "Lists of allowed commands fell to abbreviations, wrappers and inline shells.",
    rule: "No command list: the shell runs inside the isolate, without network, on the assistant's own files.",
    shown: [["packages/worker/src/tools/bash.test.ts", "never writes outside the workspace's tree"]],
  },
  {
    id: "sandbox-child",
    seen: "CVE-2026-27002, CVE-2026-32048",
    was: "Options of the sandbox were injected; a child ran outside it.",
    rule: "What runs in the sandbox is an ordinary user without rights or secrets, held by the engine; its options are not the model's.",
    shown: [
      ["tests/containers/sandbox.test.ts", "without a single right"],
      ["tests/containers/limits.test.ts", "links and archives that lead out of the workspace"],
    ],
  },
  {
    id: "trigger-authority",
    seen: "CVE-2026-53814, GHSA-mm9g-83wh-mhwj",
    was: "Hooks and schedules got the owner's tools back.",
    rule: "Authority is what the trigger and the owner's grant have in common.",
    shown: [
      [`${auth}/authorize.test.ts`, "%s on %s: %s"],
      ["tests/e2e/webhooks.test.ts", "its runs only read"],
      ["tests/e2e/webhooks.test.ts", "an outside text asks before it acts"],
    ],
  },
  {
    id: "id-swap",
    seen: "CVE-2026-32918, CVE-2026-53844, CVE-2026-45349, CVE-2026-31950",
    was: "The id of somebody else's session was accepted.",
    rule: "A token sees its own conversations alone.",
    shown: [["tests/e2e/http-api.test.ts", "a token enters neither the owner's conversations nor another token's"]],
  },
  {
    id: "ssrf",
    seen: "CVE-2026-26324, CVE-2026-27488, CVE-2026-53859, GHSA-wxm8-ghhq-q688",
    was: "Private addresses were reached through odd spellings, names and redirects.",
    rule: "One function makes every outbound request, and looks at each hop.",
    shown: [
      ["packages/worker/src/platform/public-address.test.ts", "counts enough spellings"],
      ["packages/worker/src/platform/public-address.test.ts", "blocks a private address behind several redirects"],
    ],
  },
  {
    id: "redirect-credentials",
    seen: "CVE-2026-53840, GHSA-9c3v-684m-579c",
    was: "Credentials followed a redirect to another host.",
    rule: "They are dropped when the origin changes, and so is the body.",
    shown: [["packages/worker/src/platform/egress.test.ts", "never carry a body to another origin"]],
  },
  {
    id: "paths",
    seen: "CVE-2026-25475, CVE-2026-26321, CVE-2026-28482",
    was: "A model's text, or an id, became a path of the host.",
    rule: "Ids are opaque, and files are rows of a database.",
    here: true,
    shown: [["packages/worker/src/storage/workspace-path.test.ts", "never leaves the tree"]],
  },
  {
    id: "scripting",
    seen: "CVE-2026-27009, CVE-2026-53841, GHSA-cvhv-6xm6-c3v4",
    was: "An assistant's name, an export or a callback became script.",
    rule: "A policy without inline script, and text that stays text.",
    here: true,
  },
  {
    id: "leaks",
    seen: "CVE-2026-27003, workers-oauth-provider#170, nullclaw#535",
    was: "Tokens stood in errors, logs and headers.",
    rule: "No secret is in an answer, a log, the audit or an address.",
    here: true,
  },
  {
    id: "rotation",
    seen: "GHSA-275c-xpvc-jgfw, GHSA-v8j2-5f9p-fmh4",
    was: "The old secret worked on after it was replaced.",
    rule: "Secrets are read when they are checked: the old one is dead at once, and what rested on it closes.",
    here: true,
  },
  {
    id: "outside-text",
    seen: "oc#57782, CVE-2026-24764, CVE-2026-27001",
    was: "Documents, topics and folder names steered the agent.",
    rule: "Text from outside is marked, and forces an approval where it could do harm.",
    shown: [["tests/unit/outside-text.test.ts", "a page that wants the assistant's secrets"]],
  },
  {
    id: "skills",
    seen: "ClawHavoc, CVE-2026-53810, CVE-2026-42428",
    was: "Skills carried malware.",
    rule: "Pinned, signed, with declared abilities, and no installers.",
    notYet: "Skills come with a later part.",
  },
  {
    id: "workspace-settings",
    seen: "CVE-2026-43531, CVE-2026-53819",
    was: "A file of the workspace changed the runtime.",
    rule: "The workspace never configures the host.",
    here: true,
  },
  {
    id: "archives",
    seen: "CVE-2026-28452, CVE-2026-41364",
    was: "Archives unpacked without bounds, or wrote through links.",
    rule: "Bytes and entries have an end, whatever the archive's own size; links and paths that leave the folder are left out.",
    shown: [
      ["packages/worker/src/import/staging.test.ts", "unpacks to megabytes is refused"],
      ["packages/worker/src/import/importer.test.ts", "follows no link and leaves no folder"],
    ],
  },
  {
    id: "no-open-door",
    seen: "he#6439, he#9493, nb#587, nb#4825, CVE-2026-39411",
    was: "Without settings there was no sign-in.",
    rule: "No unauthenticated mode exists.",
    here: true,
  },
  {
    id: "header-forms",
    seen: "CVE-2026-45339",
    was: "A second spelling of the credential skipped its limits.",
    rule: "Every form of a credential is one credential before anything is decided.",
    here: true,
  },
];
