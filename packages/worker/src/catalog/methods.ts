/** Every RPC method of the product. A file in `methods/` that is not here does not exist. */

import { agent } from "../methods/agent.ts";
import { agentWait } from "../methods/agent.wait.ts";
import { agentsFilesGet } from "../methods/agents.files.get.ts";
import { agentsFilesList } from "../methods/agents.files.list.ts";
import { agentsFilesSet } from "../methods/agents.files.set.ts";
import { agentsList } from "../methods/agents.list.ts";
import { auditList } from "../methods/audit.list.ts";
import { authGatewayTokenRotate } from "../methods/auth.gatewayToken.rotate.ts";
import { authPasskeysList } from "../methods/auth.passkeys.list.ts";
import { authPasskeysRemove } from "../methods/auth.passkeys.remove.ts";
import { authPasskeysRename } from "../methods/auth.passkeys.rename.ts";
import { authSessionsEnd } from "../methods/auth.sessions.end.ts";
import { authSessionsList } from "../methods/auth.sessions.list.ts";
import { authSignOutEverywhere } from "../methods/auth.signOutEverywhere.ts";
import { authTokensCreate } from "../methods/auth.tokens.create.ts";
import { authTokensList } from "../methods/auth.tokens.list.ts";
import { authTokensRevoke } from "../methods/auth.tokens.revoke.ts";
import { channelsConnect } from "../methods/channels.connect.ts";
import { channelsLogout } from "../methods/channels.logout.ts";
import { channelsMessagesList } from "../methods/channels.messages.list.ts";
import { channelsOutboxDiscard } from "../methods/channels.outbox.discard.ts";
import { channelsOutboxList } from "../methods/channels.outbox.list.ts";
import { channelsOutboxRetry } from "../methods/channels.outbox.retry.ts";
import { channelsPairingApprove } from "../methods/channels.pairing.approve.ts";
import { channelsPairingDismiss } from "../methods/channels.pairing.dismiss.ts";
import { channelsPairingList } from "../methods/channels.pairing.list.ts";
import { channelsSendersList } from "../methods/channels.senders.list.ts";
import { channelsSendersRemove } from "../methods/channels.senders.remove.ts";
import { channelsSendersSet } from "../methods/channels.senders.set.ts";
import { channelsSendTest } from "../methods/channels.sendTest.ts";
import { channelsStart } from "../methods/channels.start.ts";
import { channelsStatus } from "../methods/channels.status.ts";
import { channelsStop } from "../methods/channels.stop.ts";
import { chatAbort } from "../methods/chat.abort.ts";
import { chatHistory } from "../methods/chat.history.ts";
import { chatSend } from "../methods/chat.send.ts";
import { chatStartup } from "../methods/chat.startup.ts";
import { commandsList } from "../methods/commands.list.ts";
import { configDiff } from "../methods/config.diff.ts";
import { configGet } from "../methods/config.get.ts";
import { configHistory } from "../methods/config.history.ts";
import { configPatch } from "../methods/config.patch.ts";
import { configRestore } from "../methods/config.restore.ts";
import { configSchemaLookup } from "../methods/config.schema.lookup.ts";
import { configSchema } from "../methods/config.schema.ts";
import { containersCredentialSet } from "../methods/containers.credential.set.ts";
import { containersDelete } from "../methods/containers.delete.ts";
import { containersList } from "../methods/containers.list.ts";
import { containersLogs } from "../methods/containers.logs.ts";
import { containersRestart } from "../methods/containers.restart.ts";
import { containersStop } from "../methods/containers.stop.ts";
import { devicePairApprove } from "../methods/device.pair.approve.ts";
import { devicePairList } from "../methods/device.pair.list.ts";
import { devicePairReject } from "../methods/device.pair.reject.ts";
import { devicePairRemove } from "../methods/device.pair.remove.ts";
import { devicePairRename } from "../methods/device.pair.rename.ts";
import { deviceTokenRevoke } from "../methods/device.token.revoke.ts";
import { deviceTokenRotate } from "../methods/device.token.rotate.ts";
import { doctorFix } from "../methods/doctor.fix.ts";
import { doctorRun } from "../methods/doctor.run.ts";
import { execApprovalList } from "../methods/exec.approval.list.ts";
import { execApprovalResolve } from "../methods/exec.approval.resolve.ts";
import { gatewayBreakersClear } from "../methods/gateway.breakers.clear.ts";
import { gatewayBreakersList } from "../methods/gateway.breakers.list.ts";
import { gatewayBudgetsList } from "../methods/gateway.budgets.list.ts";
import { gatewayBudgetsReset } from "../methods/gateway.budgets.reset.ts";
import { gatewayCacheClear } from "../methods/gateway.cache.clear.ts";
import { gatewayKeysList } from "../methods/gateway.keys.list.ts";
import { gatewayKeysRemove } from "../methods/gateway.keys.remove.ts";
import { gatewayKeysSet } from "../methods/gateway.keys.set.ts";
import { gatewayLogsClear } from "../methods/gateway.logs.clear.ts";
import { gatewayLogsFeedback } from "../methods/gateway.logs.feedback.ts";
import { gatewayLogsGet } from "../methods/gateway.logs.get.ts";
import { gatewayLogsList } from "../methods/gateway.logs.list.ts";
import { gatewayLogsReplay } from "../methods/gateway.logs.replay.ts";
import { gatewayRestart } from "../methods/gateway.restart.ts";
import { gatewaySuspend } from "../methods/gateway.suspend.ts";
import { gatewayUsage } from "../methods/gateway.usage.ts";
import { health } from "../methods/health.ts";
import { hooksDeliveriesList } from "../methods/hooks.deliveries.list.ts";
import { hooksSecretSet } from "../methods/hooks.secret.set.ts";
import { hooksStatus } from "../methods/hooks.status.ts";
import { hooksTokenRotate } from "../methods/hooks.token.rotate.ts";
import { lastHeartbeat } from "../methods/last-heartbeat.ts";
import { logsList } from "../methods/logs.list.ts";
import { logsSubscribe } from "../methods/logs.subscribe.ts";
import { logsTail } from "../methods/logs.tail.ts";
import { modelsAuthLogout } from "../methods/models.authLogout.ts";
import { modelsAuthSetApiKey } from "../methods/models.authSetApiKey.ts";
import { modelsAuthStatus } from "../methods/models.authStatus.ts";
import { modelsList } from "../methods/models.list.ts";
import { sessionsCompact } from "../methods/sessions.compact.ts";
import { sessionsCreate } from "../methods/sessions.create.ts";
import { sessionsDelete } from "../methods/sessions.delete.ts";
import { sessionsDescribe } from "../methods/sessions.describe.ts";
import { sessionsList } from "../methods/sessions.list.ts";
import { sessionsMessagesSubscribe } from "../methods/sessions.messages.subscribe.ts";
import { sessionsPatch } from "../methods/sessions.patch.ts";
import { sessionsReset } from "../methods/sessions.reset.ts";
import { sessionsSubscribe } from "../methods/sessions.subscribe.ts";
import { sessionsUsage } from "../methods/sessions.usage.ts";
import { snapshotsAbort } from "../methods/snapshots.abort.ts";
import { snapshotsContents } from "../methods/snapshots.contents.ts";
import { snapshotsCreate } from "../methods/snapshots.create.ts";
import { snapshotsDestination } from "../methods/snapshots.destination.ts";
import { snapshotsDiff } from "../methods/snapshots.diff.ts";
import { snapshotsList } from "../methods/snapshots.list.ts";
import { snapshotsPassphrase } from "../methods/snapshots.passphrase.ts";
import { snapshotsRestore } from "../methods/snapshots.restore.ts";
import { snapshotsSettle } from "../methods/snapshots.settle.ts";
import { snapshotsUndo } from "../methods/snapshots.undo.ts";
import { snapshotsVerify } from "../methods/snapshots.verify.ts";
import { status } from "../methods/status.ts";
import { systemPresence } from "../methods/system-presence.ts";
import { updateStatus } from "../methods/update.status.ts";
import { usageCost } from "../methods/usage.cost.ts";
import { usageStatus } from "../methods/usage.status.ts";
import { versionStatus } from "../methods/version.status.ts";

export const methods = [
  agent,
  agentWait,
  agentsFilesGet,
  agentsFilesList,
  agentsFilesSet,
  agentsList,
  auditList,
  authGatewayTokenRotate,
  authPasskeysList,
  authPasskeysRemove,
  authPasskeysRename,
  authSessionsEnd,
  authSessionsList,
  authSignOutEverywhere,
  authTokensCreate,
  authTokensList,
  authTokensRevoke,
  channelsConnect,
  channelsLogout,
  channelsMessagesList,
  channelsOutboxDiscard,
  channelsOutboxList,
  channelsOutboxRetry,
  channelsPairingApprove,
  channelsPairingDismiss,
  channelsPairingList,
  channelsSendersList,
  channelsSendersRemove,
  channelsSendersSet,
  channelsStart,
  channelsStatus,
  channelsStop,
  channelsSendTest,
  chatAbort,
  chatHistory,
  chatSend,
  chatStartup,
  commandsList,
  configDiff,
  gatewayLogsList,
  gatewayLogsGet,
  gatewayLogsFeedback,
  gatewayLogsClear,
  gatewayLogsReplay,
  gatewayUsage,
  gatewayBudgetsList,
  gatewayBudgetsReset,
  usageStatus,
  usageCost,
  sessionsUsage,
  configGet,
  configHistory,
  configPatch,
  configRestore,
  configSchema,
  configSchemaLookup,
  doctorFix,
  doctorRun,
  containersCredentialSet,
  containersDelete,
  containersList,
  containersLogs,
  containersRestart,
  containersStop,
  devicePairApprove,
  devicePairList,
  devicePairReject,
  devicePairRemove,
  devicePairRename,
  deviceTokenRevoke,
  deviceTokenRotate,
  execApprovalList,
  execApprovalResolve,
  gatewaySuspend,
  gatewayBreakersClear,
  gatewayBreakersList,
  gatewayCacheClear,
  gatewayKeysList,
  gatewayKeysRemove,
  gatewayKeysSet,
  gatewayRestart,
  health,
  hooksStatus,
  hooksTokenRotate,
  hooksSecretSet,
  hooksDeliveriesList,
  lastHeartbeat,
  logsList,
  logsSubscribe,
  logsTail,
  modelsAuthLogout,
  modelsAuthSetApiKey,
  modelsAuthStatus,
  modelsList,
  sessionsCompact,
  sessionsCreate,
  sessionsDelete,
  sessionsDescribe,
  sessionsList,
  sessionsMessagesSubscribe,
  sessionsPatch,
  sessionsReset,
  sessionsSubscribe,
  snapshotsAbort,
  snapshotsContents,
  snapshotsCreate,
  snapshotsDestination,
  snapshotsDiff,
  snapshotsList,
  snapshotsPassphrase,
  snapshotsRestore,
  snapshotsSettle,
  snapshotsUndo,
  snapshotsVerify,
  status,
  systemPresence,
  updateStatus,
  versionStatus,
] as const;
