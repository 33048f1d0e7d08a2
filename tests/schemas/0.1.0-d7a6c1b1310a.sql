CREATE TABLE schema_migrations (position INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL);
CREATE TABLE sessions (
      key TEXT PRIMARY KEY, session_id TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1,
      label TEXT, title TEXT, model TEXT, thinking TEXT,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      archived INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, unread INTEGER NOT NULL DEFAULT 0,
      next_seq INTEGER NOT NULL DEFAULT 1, last_text TEXT, failed INTEGER NOT NULL DEFAULT 0,
      context_tokens INTEGER NOT NULL DEFAULT 0,
      input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0, cost_usd REAL NOT NULL DEFAULT 0);
CREATE TABLE messages (
      id TEXT PRIMARY KEY, session_key TEXT NOT NULL, revision INTEGER NOT NULL, seq INTEGER NOT NULL,
      role TEXT NOT NULL, body TEXT NOT NULL, run_id TEXT, idempotency_key TEXT,
      created_at INTEGER NOT NULL, superseded INTEGER NOT NULL DEFAULT 0,
      UNIQUE (session_key, seq));
CREATE TABLE inbox (
      id TEXT PRIMARY KEY, dedupe_key TEXT NOT NULL UNIQUE, session_key TEXT NOT NULL, run_id TEXT NOT NULL,
      channel TEXT NOT NULL, sender TEXT NOT NULL, body TEXT NOT NULL, queue_mode TEXT NOT NULL,
      state TEXT NOT NULL, received_at INTEGER NOT NULL, taken_at INTEGER, outside_from TEXT);
CREATE TABLE outbox (
      id TEXT PRIMARY KEY, dedupe_key TEXT NOT NULL UNIQUE, session_key TEXT NOT NULL, run_id TEXT NOT NULL,
      channel TEXT NOT NULL, message_id TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
      receipt TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, account TEXT, place TEXT, lane TEXT, kind TEXT, body TEXT, reply_to TEXT, due_at INTEGER, error TEXT, place_in_lane INTEGER);
CREATE TABLE runs (
      id TEXT PRIMARY KEY, session_key TEXT NOT NULL, channel TEXT NOT NULL, principal TEXT NOT NULL, state TEXT NOT NULL,
      thinking TEXT, deadline_ms INTEGER, merged_into TEXT,
      created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
      stop_reason TEXT, error TEXT, answer_message_id TEXT,
      interruptions INTEGER NOT NULL DEFAULT 0, lives INTEGER NOT NULL DEFAULT 0, options TEXT);
CREATE TABLE run_steps (
      run_id TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
      started_at INTEGER NOT NULL, ended_at INTEGER, PRIMARY KEY (run_id, position));
CREATE TABLE tool_calls (
      id TEXT PRIMARY KEY, run_id TEXT NOT NULL, session_key TEXT NOT NULL, step INTEGER NOT NULL, place INTEGER NOT NULL,
      call_id TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL, hash TEXT NOT NULL, effect TEXT, state TEXT NOT NULL,
      is_error INTEGER, started_at INTEGER, ended_at INTEGER, meta TEXT, boot_id TEXT,
      UNIQUE (run_id, step, place));
CREATE TABLE approvals (
      id TEXT PRIMARY KEY, tool_call_id TEXT NOT NULL, hash TEXT NOT NULL, run_id TEXT NOT NULL, session_key TEXT NOT NULL,
      request TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
      decided_at INTEGER, decided_by TEXT, UNIQUE (tool_call_id, hash));
CREATE TABLE events (cursor INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, payload TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE timers (name TEXT PRIMARY KEY, due_at INTEGER NOT NULL);
CREATE TABLE workspace_files (
    path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    outside_from TEXT
  ) WITHOUT ROWID;
CREATE TABLE workspace_chunks (
    path TEXT NOT NULL,
    part INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (path, part)
  );
CREATE TABLE workspace_usage (id INTEGER PRIMARY KEY CHECK (id = 1), files INTEGER NOT NULL, bytes INTEGER NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE secrets (
      name TEXT PRIMARY KEY, value TEXT, source TEXT NOT NULL, version INTEGER NOT NULL,
      seeded TEXT, changed_at INTEGER NOT NULL);
CREATE TABLE config (section TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL);
CREATE TABLE config_history (
      section TEXT NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL, changed_by TEXT NOT NULL, changed_at INTEGER NOT NULL,
      PRIMARY KEY (section, version));
CREATE TABLE config_seeds (path TEXT PRIMARY KEY, value TEXT NOT NULL, stands INTEGER NOT NULL);
CREATE TABLE auth_instance (id TEXT NOT NULL);
CREATE TABLE auth_links (code_hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE auth_sessions (
      id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, token_version INTEGER,
      created_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER, address TEXT, agent TEXT, passkey_id TEXT);
CREATE TABLE auth_devices (
      id TEXT PRIMARY KEY, public_key TEXT NOT NULL, name TEXT, platform TEXT, client_id TEXT NOT NULL,
      scopes TEXT NOT NULL, paired_at INTEGER NOT NULL, used_at INTEGER NOT NULL, revoked_at INTEGER, label TEXT, client_mode TEXT, address TEXT, approved_at INTEGER, epoch INTEGER NOT NULL DEFAULT 0, claim_until INTEGER, device_family TEXT, withheld TEXT NOT NULL DEFAULT '');
CREATE TABLE auth_device_tokens (token_hash TEXT PRIMARY KEY, device_id TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE auth_attempts (
      address TEXT PRIMARY KEY, failures INTEGER NOT NULL, window_started_at INTEGER NOT NULL,
      failed_at INTEGER NOT NULL, paused_until INTEGER NOT NULL, succeeded_at INTEGER NOT NULL);
CREATE TABLE blobs (id TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL, mime_type TEXT NOT NULL, sha256 TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE model_calls (
      id TEXT PRIMARY KEY, run_id TEXT NOT NULL, session_key TEXT NOT NULL, step INTEGER NOT NULL, attempt INTEGER NOT NULL,
      provider TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL,
      input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL, cost_usd REAL, estimated INTEGER NOT NULL,
      started_at INTEGER NOT NULL, first_byte_ms INTEGER, duration_ms INTEGER NOT NULL);
CREATE TABLE auth_access_keys (url TEXT PRIMARY KEY, jwks TEXT NOT NULL, fetched_at INTEGER NOT NULL);
CREATE TABLE auth_access_ended (token_id TEXT PRIMARY KEY, ended_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE auth_pairings (
      id TEXT PRIMARY KEY, device_id TEXT NOT NULL, code TEXT NOT NULL, facts TEXT NOT NULL, device_family TEXT,
      scopes TEXT NOT NULL, address TEXT NOT NULL, is_repair INTEGER NOT NULL, wrong_codes INTEGER NOT NULL,
      created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, decision TEXT, reason TEXT NOT NULL DEFAULT 'not-paired');
CREATE TABLE auth_api_tokens (
      id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL, scopes TEXT NOT NULL,
      created_at INTEGER NOT NULL, created_by TEXT NOT NULL, used_at INTEGER, expires_at INTEGER, revoked_at INTEGER, tenant TEXT, limits TEXT);
CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, surface TEXT NOT NULL,
      action TEXT NOT NULL, outcome TEXT NOT NULL, address TEXT, detail TEXT);
CREATE TABLE auth_access_seen (token_id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE gateway_spend (
      budget TEXT NOT NULL, part TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER,
      spent INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY (budget, part, starts_at));
CREATE TABLE http_requests (
      id TEXT PRIMARY KEY, owner TEXT NOT NULL, form TEXT NOT NULL, body_hash TEXT NOT NULL, session_key TEXT NOT NULL,
      model TEXT NOT NULL, echo TEXT NOT NULL, once INTEGER NOT NULL, keyed INTEGER NOT NULL, background INTEGER NOT NULL,
      created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE auth_passkeys (
      id TEXT PRIMARY KEY, credential_id TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL, counter INTEGER NOT NULL,
      rp_id TEXT NOT NULL, label TEXT NOT NULL, backed_up INTEGER NOT NULL, created_at INTEGER NOT NULL,
      created_by TEXT NOT NULL, used_at INTEGER, revoked_at INTEGER);
CREATE TABLE auth_challenges (
      challenge_hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, rp_id TEXT NOT NULL, origin TEXT NOT NULL,
      who TEXT, address TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE gateway_cache (key TEXT PRIMARY KEY, head TEXT NOT NULL, bytes INTEGER NOT NULL, stored_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE gateway_cache_parts (key TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, part));
CREATE TABLE channel_messages (
      id TEXT PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, update_id TEXT NOT NULL, kind TEXT NOT NULL,
      chat_id TEXT NOT NULL, chat_kind TEXT NOT NULL, thread_id TEXT, message_id TEXT,
      sender_id TEXT NOT NULL, sender_name TEXT NOT NULL, role TEXT, preview TEXT NOT NULL, event TEXT,
      fate TEXT NOT NULL, reason TEXT, session_key TEXT, run_id TEXT, answered_run TEXT, album TEXT, tries INTEGER NOT NULL DEFAULT 0,
      received_at INTEGER NOT NULL, due_at INTEGER, settled_at INTEGER,
      UNIQUE (channel, account, update_id));
CREATE TABLE channel_senders (
      channel TEXT NOT NULL, account TEXT NOT NULL, sender_id TEXT NOT NULL, name TEXT NOT NULL, username TEXT,
      role TEXT, source TEXT, decided_by TEXT, direct_chat TEXT, first_seen_at INTEGER, last_seen_at INTEGER,
      PRIMARY KEY (channel, account, sender_id));
CREATE TABLE channel_pairings (
      id TEXT PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, sender_id TEXT NOT NULL, name TEXT NOT NULL, username TEXT,
      chat_id TEXT NOT NULL, code TEXT NOT NULL, wrong_codes INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, decision TEXT);
CREATE TABLE channel_buttons (
      token TEXT PRIMARY KEY, set_id TEXT NOT NULL, channel TEXT NOT NULL, account TEXT NOT NULL, chat_id TEXT NOT NULL,
      outbox_id TEXT NOT NULL, action TEXT NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER);
CREATE TABLE channel_accounts (
      channel TEXT NOT NULL, account TEXT NOT NULL, identity TEXT, identity_of INTEGER, poll_cursor TEXT, mode TEXT, webhook_url TEXT,
      webhook_failed_at INTEGER, last_inbound_at INTEGER, last_outbound_at INTEGER, PRIMARY KEY (channel, account));
CREATE TABLE log_lines (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, level INTEGER NOT NULL, event TEXT NOT NULL, line TEXT NOT NULL);
CREATE TABLE import_source (id TEXT PRIMARY KEY, name TEXT NOT NULL, staged_at INTEGER NOT NULL, left_out TEXT NOT NULL);
CREATE TABLE import_files (path TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE import_chunks (path TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (path, part));
CREATE TABLE import_sessions (source_id TEXT PRIMARY KEY, session_key TEXT NOT NULL);
CREATE TABLE hook_deliveries (
      id TEXT PRIMARY KEY, hook TEXT NOT NULL, delivery TEXT NOT NULL, session_key TEXT NOT NULL, run_id TEXT, target TEXT,
      handed TEXT, received_at INTEGER NOT NULL, UNIQUE (hook, delivery));
CREATE TABLE hook_failures (address TEXT PRIMARY KEY, failures INTEGER NOT NULL, began_at INTEGER NOT NULL);
CREATE TABLE gateway_calls (
      id TEXT PRIMARY KEY, at INTEGER NOT NULL, tenant TEXT NOT NULL, token_id TEXT, session_key TEXT, channel TEXT, schedule TEXT, run_id TEXT,
      provider TEXT NOT NULL, model TEXT NOT NULL, key_alias TEXT, endpoint TEXT NOT NULL, stream INTEGER NOT NULL,
      status INTEGER NOT NULL, error TEXT, error_message TEXT, cache TEXT NOT NULL, step INTEGER NOT NULL, attempts TEXT NOT NULL,
      input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL, cost INTEGER, reserved INTEGER NOT NULL, custom_cost INTEGER NOT NULL, estimated INTEGER NOT NULL,
      first_byte_ms INTEGER, duration_ms INTEGER NOT NULL, metadata TEXT NOT NULL, event_id TEXT, user_agent TEXT,
      request_type TEXT, response_type TEXT, request_bytes INTEGER, response_bytes INTEGER,
      prefix_broke_at INTEGER, prefix_lost INTEGER, replay_of TEXT, feedback INTEGER, score REAL, size INTEGER NOT NULL);
CREATE TABLE gateway_bodies (id TEXT PRIMARY KEY, request TEXT, response TEXT);
CREATE TABLE gateway_hours (
      hour INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
      calls INTEGER NOT NULL, errors INTEGER NOT NULL, hits INTEGER NOT NULL, attempts INTEGER NOT NULL, unpriced INTEGER NOT NULL,
      estimated INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
      reasoning INTEGER NOT NULL, cost INTEGER NOT NULL, waits TEXT NOT NULL, first TEXT NOT NULL, PRIMARY KEY (kind, key, hour));
CREATE TABLE snapshot_jobs (
      id TEXT PRIMARY KEY, kind TEXT NOT NULL, snapshot_id TEXT, state TEXT NOT NULL, detail TEXT NOT NULL,
      created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, tries INTEGER NOT NULL DEFAULT 0, error TEXT);
CREATE TABLE snapshot_marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE quarantine (
      id TEXT PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL, content TEXT, blob BLOB, at INTEGER NOT NULL);
INSERT INTO "schema_migrations" VALUES (0, '0001-sessions', 1795876622146);
INSERT INTO "schema_migrations" VALUES (1, '0002-runs', 1795876622147);
INSERT INTO "schema_migrations" VALUES (2, '0003-events', 1795876622147);
INSERT INTO "schema_migrations" VALUES (3, '0004-timers', 1795876622147);
INSERT INTO "schema_migrations" VALUES (4, '0005-workspace', 1795876622147);
INSERT INTO "schema_migrations" VALUES (5, '0006-secrets', 1795876622147);
INSERT INTO "schema_migrations" VALUES (6, '0007-config', 1795876622147);
INSERT INTO "schema_migrations" VALUES (7, '0008-auth', 1795876622155);
INSERT INTO "schema_migrations" VALUES (8, '0009-blobs', 1795876622155);
INSERT INTO "schema_migrations" VALUES (9, '0010-marks', 1795876622155);
INSERT INTO "schema_migrations" VALUES (10, '0011-model-calls', 1795876622155);
INSERT INTO "schema_migrations" VALUES (11, '0012-access', 1795876622155);
INSERT INTO "schema_migrations" VALUES (12, '0013-pairing', 1795876622162);
INSERT INTO "schema_migrations" VALUES (13, '0014-api-tokens', 1795876622163);
INSERT INTO "schema_migrations" VALUES (14, '0015-audit', 1795876622163);
INSERT INTO "schema_migrations" VALUES (15, '0016-upgrades', 1795876622175);
INSERT INTO "schema_migrations" VALUES (16, '0017-governor', 1795876622175);
INSERT INTO "schema_migrations" VALUES (17, '0018-token-limits', 1795876622180);
INSERT INTO "schema_migrations" VALUES (18, '0019-run-options', 1795876622180);
INSERT INTO "schema_migrations" VALUES (19, '0020-http-requests', 1795876622181);
INSERT INTO "schema_migrations" VALUES (20, '0021-passkeys', 1795876622181);
INSERT INTO "schema_migrations" VALUES (21, '0020-gateway-cache', 1795876622181);
INSERT INTO "schema_migrations" VALUES (22, '0030-channels', 1795876622200);
INSERT INTO "schema_migrations" VALUES (23, '0040-log-lines', 1795876622200);
INSERT INTO "schema_migrations" VALUES (24, '0060-import', 1795876622201);
INSERT INTO "schema_migrations" VALUES (25, '0023-hooks', 1795876622201);
INSERT INTO "schema_migrations" VALUES (26, '0041-audit-guard', 1795876622201);
INSERT INTO "schema_migrations" VALUES (27, '0031-channel-indexes', 1795876622201);
INSERT INTO "schema_migrations" VALUES (28, '0027-gateway-calls', 1795876622202);
INSERT INTO "schema_migrations" VALUES (29, '0022-snapshots', 1795876622202);
INSERT INTO "sessions" VALUES ('agent:main:main', 'ses_01m8h9d4mety2qspvn1hdxamv8', 1, NULL, '[[say: Good morning. It is the frozen schema that speaks.]]', NULL, NULL, 1795876622990, 1795876624600, 0, 0, 1, 7, 'I wrote it down.', 0, 1405, 4046, 17, 0);
INSERT INTO "messages" VALUES ('msg_01m8h9d4mzhfg60vrhe2wwrmfp', 'agent:main:main', 1, 1, 'user', '{"role":"user","content":[{"type":"text","text":"[[say: Good morning. It is the frozen schema that speaks.]]"}]}', 'frozen-0', 'frozen-0', 1795876623007, 0);
INSERT INTO "messages" VALUES ('msg_01m8h9d5hkzq8bamc2fcaef80z', 'agent:main:main', 1, 2, 'assistant', '{"role":"assistant","content":[{"type":"text","text":"Good morning. It is the frozen schema that speaks."}],"provider":"openai-compatible","model":"fake-1","stopReason":"stop","usage":{"input":1295,"output":9,"cacheRead":0,"cacheWrite":0,"reasoning":0,"totalTokens":1304,"cost":null,"estimated":false}}', 'frozen-0', NULL, 1795876623923, 0);
INSERT INTO "messages" VALUES ('msg_01m8h9d5m3y9dpvegmxdf28tsz', 'agent:main:main', 1, 3, 'user', '{"role":"user","content":[{"type":"text","text":"[[tool: bash {\"command\":\"echo frozen > frozen.txt\"}]] [[then]] [[say: I wrote it down.]]"}]}', 'frozen-1', 'frozen-1', 1795876624003, 0);
INSERT INTO "messages" VALUES ('msg_01m8h9d5q33em5qm52nkhbfkkr', 'agent:main:main', 1, 4, 'assistant', '{"role":"assistant","content":[{"type":"toolCall","id":"call_1_0","name":"bash","arguments":{"command":"echo frozen > frozen.txt"}}],"provider":"openai-compatible","model":"fake-1","stopReason":"toolUse","usage":{"input":1346,"output":4,"cacheRead":0,"cacheWrite":0,"reasoning":0,"totalTokens":1350,"cost":null,"estimated":false}}', 'frozen-1', NULL, 1795876624099, 0);
INSERT INTO "messages" VALUES ('msg_01m8h9d632sbsxffzjqpmd0j1a', 'agent:main:main', 1, 5, 'toolResult', '{"role":"toolResult","toolCallId":"call_1_0","toolName":"bash","content":[{"type":"text","text":"(no output)"}],"isError":false,"durationMs":363}', 'frozen-1', NULL, 1795876624482, 0);
INSERT INTO "messages" VALUES ('msg_01m8h9d66hgsxjk60p17fmm2ky', 'agent:main:main', 1, 6, 'assistant', '{"role":"assistant","content":[{"type":"text","text":"I wrote it down."}],"provider":"openai-compatible","model":"fake-1","stopReason":"stop","usage":{"input":1405,"output":4,"cacheRead":0,"cacheWrite":0,"reasoning":0,"totalTokens":1409,"cost":null,"estimated":false}}', 'frozen-1', NULL, 1795876624593, 0);
INSERT INTO "inbox" VALUES ('in_01m8h9d4mfrkkvft40cere5r97', 'chat:frozen-0', 'agent:main:main', 'frozen-0', 'webchat', 'token:1', '[{"type":"text","text":"[[say: Good morning. It is the frozen schema that speaks.]]"}]', 'steer', 'taken', 1795876622991, 1795876623006, NULL);
INSERT INTO "inbox" VALUES ('in_01m8h9d5m37gvc8b05q8j6hwa0', 'chat:frozen-1', 'agent:main:main', 'frozen-1', 'webchat', 'token:1', '[{"type":"text","text":"[[tool: bash {\"command\":\"echo frozen > frozen.txt\"}]] [[then]] [[say: I wrote it down.]]"}]', 'steer', 'taken', 1795876624003, 1795876624003, NULL);
INSERT INTO "outbox" VALUES ('out_01m8h9d5jgs7j16fsp3xen63zp', 'frozen-0:webchat', 'agent:main:main', 'frozen-0', 'webchat', 'msg_01m8h9d5hkzq8bamc2fcaef80z', 'confirmed', 0, 'msg_01m8h9d5hkzq8bamc2fcaef80z', 1795876623952, 1795876623952, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "outbox" VALUES ('out_01m8h9d66rwab9gbbzeeme8sdf', 'frozen-1:webchat', 'agent:main:main', 'frozen-1', 'webchat', 'msg_01m8h9d66hgsxjk60p17fmm2ky', 'confirmed', 0, 'msg_01m8h9d66hgsxjk60p17fmm2ky', 1795876624600, 1795876624600, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "runs" VALUES ('frozen-0', 'agent:main:main', 'webchat', '{"kind":"owner","id":"token:1","scopes":["operator.admin","operator.approvals","operator.pairing"],"via":"token"}', 'done', NULL, NULL, NULL, 1795876622991, 1795876622992, 1795876623924, 'stop', NULL, 'msg_01m8h9d5hkzq8bamc2fcaef80z', 0, 1, NULL);
INSERT INTO "runs" VALUES ('frozen-1', 'agent:main:main', 'webchat', '{"kind":"owner","id":"token:1","scopes":["operator.admin","operator.approvals","operator.pairing"],"via":"token"}', 'done', NULL, NULL, NULL, 1795876624003, 1795876624003, 1795876624600, 'stop', NULL, 'msg_01m8h9d66hgsxjk60p17fmm2ky', 0, 1, NULL);
INSERT INTO "run_steps" VALUES ('frozen-0', 0, 'model', 'done', 1795876623671, 1795876623923);
INSERT INTO "run_steps" VALUES ('frozen-1', 0, 'model', 'done', 1795876624014, 1795876624099);
INSERT INTO "run_steps" VALUES ('frozen-1', 1, 'model', 'done', 1795876624498, 1795876624594);
INSERT INTO "tool_calls" VALUES ('call_01m8h9d5q3yekayy9j6ts7d52f', 'frozen-1', 'agent:main:main', 0, 0, 'call_1_0', 'bash', '{"command":"echo frozen > frozen.txt"}', 'ac6f77916f00f630e6d9cc1c8c6807513ff76567b53164746032b58fecf2e1ed', 'idempotent', 'done', 0, 1795876624102, 1795876624482, 'exit 0, 1 file changed · in the isolate', 'boot_01m8h9d3vvx9sge7gqr2f3q4nh');
INSERT INTO "events" VALUES (1, 'session.message', '{"sessionKey":"agent:main:main","message":{"timestamp":1795876623007,"__openclaw":{"id":"msg_01m8h9d4mzhfg60vrhe2wwrmfp","seq":1,"runId":"frozen-0"},"role":"user","content":[{"type":"text","text":"[[say: Good morning. It is the frozen schema that speaks.]]"}],"idempotencyKey":"frozen-0"},"messageId":"msg_01m8h9d4mzhfg60vrhe2wwrmfp","messageSeq":1}', 1795876623007);
INSERT INTO "events" VALUES (2, 'sessions.changed', '{"sessionKey":"agent:main:main","reason":"updated","session":{"key":"agent:main:main","kind":"direct","sessionId":"ses_01m8h9d4mety2qspvn1hdxamv8","label":null,"displayName":"[[say: Good morning. It is the frozen schema that speaks.]]","updatedAt":1795876623007,"createdAt":1795876622990,"status":"running","unread":false,"pinned":false,"archived":false,"modelProvider":"openai-compatible","model":"fake-1","contextTokens":128000,"inputTokens":0,"outputTokens":0,"totalTokens":0,"estimatedCostUsd":0,"hasActiveRun":true,"activeRunIds":["frozen-0"],"thinkingLevel":null,"lifecycleRevision":1,"lastMessage":"[[say: Good morning. It is the frozen schema that speaks.]]"}}', 1795876623033);
INSERT INTO "events" VALUES (3, 'agent', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000001,"ts":1795876623033,"stream":"lifecycle","data":{"phase":"start","startedAt":1795876622992}}', 1795876623033);
INSERT INTO "events" VALUES (4, 'chat', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000002,"state":"status","phase":"preparing_context"}', 1795876623034);
INSERT INTO "events" VALUES (5, 'models.changed', '{"ts":1795876623539}', 1795876623539);
INSERT INTO "events" VALUES (6, 'chat', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000003,"state":"status","phase":"starting_model"}', 1795876623670);
INSERT INTO "events" VALUES (7, 'agent', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000004,"ts":1795876623671,"stream":"lifecycle","data":{"phase":"model","model":"openai-compatible/fake-1"}}', 1795876623671);
INSERT INTO "events" VALUES (8, 'chat', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000005,"state":"delta","deltaText":"Good","message":{"role":"assistant","content":[{"type":"text","text":"Good"}],"timestamp":1795876623855}}', 1795876623855);
INSERT INTO "events" VALUES (9, 'chat', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000007,"state":"delta","deltaText":" morning. It is the frozen schema that speaks.","message":{"role":"assistant","content":[{"type":"text","text":"Good morning. It is the frozen schema that speaks."}],"timestamp":1795876623901}}', 1795876623901);
INSERT INTO "events" VALUES (10, 'agent', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000009,"ts":1795876623923,"stream":"usage","data":{"usage":{"input":1295,"output":9,"cacheRead":0,"cacheWrite":0,"reasoning":0,"totalTokens":1304,"cost":null,"estimated":false},"model":"fake-1","provider":"openai-compatible"}}', 1795876623923);
INSERT INTO "events" VALUES (11, 'session.message', '{"sessionKey":"agent:main:main","message":{"timestamp":1795876623923,"__openclaw":{"id":"msg_01m8h9d5hkzq8bamc2fcaef80z","seq":2,"runId":"frozen-0"},"role":"assistant","content":[{"type":"text","text":"Good morning. It is the frozen schema that speaks."}],"provider":"openai-compatible","model":"fake-1","stopReason":"stop","usage":{"input":1295,"output":9,"cacheRead":0,"cacheWrite":0,"reasoning":0,"totalTokens":1304,"cost":null,"estimated":false}},"messageId":"msg_01m8h9d5hkzq8bamc2fcaef80z","messageSeq":2}', 1795876623923);
INSERT INTO "events" VALUES (12, 'agent', '{"runId":"frozen-0","sessionKey":"agent:main:main","agentId":"main","seq":1000010,"ts":1795876623953,"stream":"lifecycle","data":{"phase":"end","endedAt":1795876623952}}', 1795876623953);
INSERT INTO "timers" VALUES ('prune', 1795877222361);
INSERT INTO "timers" VALUES ('hooks', 1795963022363);
INSERT INTO "timers" VALUES ('snapshots', 1795898222372);
INSERT INTO "timers" VALUES ('http-api', 1795880222373);
INSERT INTO "timers" VALUES ('tick', 1795876652736);
INSERT INTO "timers" VALUES ('runs', 1795876648018);
INSERT INTO "workspace_files" VALUES ('AGENTS.md', 268, 1795876622355, 1, NULL);
INSERT INTO "workspace_files" VALUES ('MEMORY.md', 19, 1795876622355, 4, NULL);
INSERT INTO "workspace_files" VALUES ('SOUL.md', 213, 1795876622355, 2, NULL);
INSERT INTO "workspace_files" VALUES ('USER.md', 113, 1795876622355, 3, NULL);
INSERT INTO "workspace_files" VALUES ('frozen.txt', 7, 1795876624482, 5, NULL);
INSERT INTO "workspace_chunks" VALUES ('AGENTS.md', 0, X'2320486f7720776520776f726b0a0a2d20536d616c6c207468696e67733a206a75737420646f207468656d2e204c61726765206f7220697272657665727369626c65206f6e65733a20736179207768617420796f7520696e74656e642066697273742e0a2d205768617420796f75206c6561726e2061626f7574206d652074686174206c6173747320676f657320746f204d454d4f52592e6d642c206f6e65206c696e6520656163682e20576861742068617070656e6564206f6e20612064617920676f657320746f206e6f7465732f2e0a2d204265666f726520796f7520736179207468617420736f6d657468696e6720697320646f6e652c206c6f6f6b20746861742069742069732e0a');
INSERT INTO "workspace_chunks" VALUES ('SOUL.md', 0, X'232057686f20796f75206172650a0a5761726d2c20706c61696e20616e6420637572696f75732e20596f75206c696b6520636c65617220776f72647320616e6420776f726b696e67207468696e67732e20596f752068617665206f70696e696f6e7320616e6420736179207468656d206b696e646c792c20796f752061646d697420776861740a796f7520646f206e6f74206b6e6f772c20616e6420796f75206e6576657220666c61747465722e2048756d6f75722069732077656c636f6d65207768656e20746865206d6f6d656e742069732e0a');
INSERT INTO "workspace_chunks" VALUES ('USER.md', 0, X'232041626f7574206d650a0a4e6f7468696e67206973207772697474656e2068657265207965742e2041736b206d79206e616d6520616e642077686174204920776f756c64206c696b652068656c702077697468207768656e20697420636f6d6573207570206e61747572616c6c792e0a');
INSERT INTO "workspace_chunks" VALUES ('MEMORY.md', 0, X'23205768617420746f2072656d656d6265720a');
INSERT INTO "workspace_chunks" VALUES ('frozen.txt', 0, X'66726f7a656e0a');
INSERT INTO "workspace_usage" VALUES (1, 5, 620, 5);
INSERT INTO "config" VALUES ('providers', '{"openai-compatible":{"baseUrl":"http://127.0.0.1:43613/v1"}}', 1, 'environment', 1795876622263);
INSERT INTO "config" VALUES ('agent', '{"model":"openai-compatible/fake-1","name":"Frozen"}', 2, 'owner token:1', 1795876624626);
INSERT INTO "config_history" VALUES ('agent', 1, '{"model":"openai-compatible/fake-1"}', 'environment', 1795876622262);
INSERT INTO "config_history" VALUES ('providers', 1, '{"openai-compatible":{"baseUrl":"http://127.0.0.1:43613/v1"}}', 'environment', 1795876622263);
INSERT INTO "config_history" VALUES ('agent', 2, '{"model":"openai-compatible/fake-1","name":"Frozen"}', 'owner token:1', 1795876624626);
INSERT INTO "config_seeds" VALUES ('["agent","model"]', '"openai-compatible/fake-1"', 1);
INSERT INTO "config_seeds" VALUES ('["providers","openai-compatible","baseUrl"]', '"http://127.0.0.1:43613/v1"', 1);
INSERT INTO "auth_instance" VALUES ('as_01m8h9d3ynw04cw82smgnvm1qz');
INSERT INTO "auth_links" VALUES ('dd19f8d8759cde90af171e7aed29b3ebc2e5a10f4c7ea775537ae1e2c7bef343', 1795876622455, 1795877222455);
INSERT INTO "auth_attempts" VALUES ('127.0.0.1', 0, 0, 0, 0, 1795876622954);
INSERT INTO "marks" VALUES ('sweep', '{"wholeAt":1795876622203,"swept":{"runs":0,"inbox":0,"tool_calls":0,"approvals":0,"auth_pairings":0,"auth_access_keys":0,"auth_api_tokens":0,"snapshot_jobs":0,"events":0,"messages":0}}');
INSERT INTO "marks" VALUES ('first-files', 'written');
INSERT INTO "model_calls" VALUES ('mc_01m8h9d5hgwnew3qvbgv0ake18', 'frozen-0', 'agent:main:main', 0, 1, 'openai-compatible', 'fake-1', 'ok', 1295, 9, 0, 0, 0, NULL, 0, 1795876623701, 118, 219);
INSERT INTO "model_calls" VALUES ('mc_01m8h9d5q1wzjc6m0mmwsm8xy8', 'frozen-1', 'agent:main:main', 0, 1, 'openai-compatible', 'fake-1', 'ok', 1346, 4, 0, 0, 0, NULL, 0, 1795876624015, 22, 82);
INSERT INTO "model_calls" VALUES ('mc_01m8h9d66h4pzmnpcn0yws2bvk', 'frozen-1', 'agent:main:main', 1, 1, 'openai-compatible', 'fake-1', 'ok', 1405, 4, 0, 0, 0, NULL, 0, 1795876624499, 59, 94);
INSERT INTO "audit" VALUES (1, 1795876624633, 'owner token:1', 'socket', 'config.patch', 'ok', '127.0.0.1', 'agent.name');
INSERT INTO "log_lines" VALUES (1, 1795876622482, 1, 'server.ready', '{"ts":"2026-11-28T14:37:02.482Z","level":"info","event":"server.ready","port":38993,"workerdPid":21446}');
INSERT INTO "gateway_calls" VALUES ('gw_01m8h9d59qm3kd22bzxzjrj9hq', 1795876623671, 'owner', NULL, 'agent:main:main', 'webchat', NULL, 'frozen-0', 'openai-compatible', 'fake-1', NULL, 'run', 1, 200, NULL, NULL, 'BYPASS', 0, '[{"provider":"openai-compatible","model":"fake-1","keyAlias":null,"status":200,"startedAt":1795876623701,"durationMs":219,"error":null}]', 1295, 9, 0, 0, 0, NULL, 0, 0, 0, 148, 250, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 538);
INSERT INTO "gateway_calls" VALUES ('gw_01m8h9d5med0f1bqgfjgpqq3cc', 1795876624014, 'owner', NULL, 'agent:main:main', 'webchat', NULL, 'frozen-1', 'openai-compatible', 'fake-1', NULL, 'run', 1, 200, NULL, NULL, 'BYPASS', 0, '[{"provider":"openai-compatible","model":"fake-1","keyAlias":null,"status":200,"startedAt":1795876624015,"durationMs":82,"error":null}]', 1346, 4, 0, 0, 0, NULL, 0, 0, 0, 23, 84, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 537);
INSERT INTO "gateway_calls" VALUES ('gw_01m8h9d63jzmaz9ahhrbrmk9nm', 1795876624498, 'owner', NULL, 'agent:main:main', 'webchat', NULL, 'frozen-1', 'openai-compatible', 'fake-1', NULL, 'run', 1, 200, NULL, NULL, 'BYPASS', 0, '[{"provider":"openai-compatible","model":"fake-1","keyAlias":null,"status":200,"startedAt":1795876624499,"durationMs":94,"error":null}]', 1405, 4, 0, 0, 0, NULL, 0, 0, 0, 60, 95, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 537);
INSERT INTO "gateway_hours" VALUES (1795874400000, 'all', '', 3, 0, 0, 3, 3, 0, 4046, 17, 0, 0, 0, 0, '[0,0,2,0,1,0,0,0,0,0,0,0,0]', '[1,0,1,1,0,0,0,0,0,0,0,0,0]');
INSERT INTO "gateway_hours" VALUES (1795874400000, 'provider', 'openai-compatible', 3, 0, 0, 3, 3, 0, 4046, 17, 0, 0, 0, 0, '[0,0,2,0,1,0,0,0,0,0,0,0,0]', '[1,0,1,1,0,0,0,0,0,0,0,0,0]');
INSERT INTO "gateway_hours" VALUES (1795874400000, 'model', 'openai-compatible/fake-1', 3, 0, 0, 3, 3, 0, 4046, 17, 0, 0, 0, 0, '[0,0,2,0,1,0,0,0,0,0,0,0,0]', '[1,0,1,1,0,0,0,0,0,0,0,0,0]');
INSERT INTO "gateway_hours" VALUES (1795874400000, 'session', 'agent:main:main', 3, 0, 0, 3, 3, 0, 4046, 17, 0, 0, 0, 0, '[0,0,2,0,1,0,0,0,0,0,0,0,0]', '[1,0,1,1,0,0,0,0,0,0,0,0,0]');
INSERT INTO "gateway_hours" VALUES (1795874400000, 'channel', 'webchat', 3, 0, 0, 3, 3, 0, 4046, 17, 0, 0, 0, 0, '[0,0,2,0,1,0,0,0,0,0,0,0,0]', '[1,0,1,1,0,0,0,0,0,0,0,0,0]');
INSERT INTO "gateway_hours" VALUES (1795874400000, 'tenant', 'owner', 3, 0, 0, 3, 3, 0, 4046, 17, 0, 0, 0, 0, '[0,0,2,0,1,0,0,0,0,0,0,0,0]', '[1,0,1,1,0,0,0,0,0,0,0,0,0]');
INSERT INTO "snapshot_jobs" VALUES ('job_01m8h9d6924gpdn3p5p438m247', 'create', 'snap_01m8h9d6a53kyas21x7arm93vd', 'done', '{"reason":"button"}', 1795876624674, 1795876624678, 1795876626047, 1, 'Made and proved.');
INSERT INTO "snapshot_marks" VALUES ('checked', '1795876626024');
CREATE INDEX sessions_by_update ON sessions (archived, pinned, updated_at);
CREATE INDEX messages_by_run ON messages (run_id);
CREATE INDEX inbox_waiting ON inbox (session_key, state, received_at);
CREATE INDEX outbox_open ON outbox (state, created_at);
CREATE INDEX runs_open ON runs (state, created_at);
CREATE INDEX runs_of_session ON runs (session_key, state);
CREATE INDEX tool_calls_open ON tool_calls (run_id, state);
CREATE INDEX approvals_pending ON approvals (state, expires_at);
CREATE INDEX auth_device_tokens_by_device ON auth_device_tokens (device_id, created_at);
CREATE INDEX model_calls_by_time ON model_calls (started_at);
CREATE INDEX gateway_spend_open ON gateway_spend (budget) WHERE held > spent;
CREATE INDEX http_requests_by_end ON http_requests (expires_at);
CREATE INDEX http_requests_by_session ON http_requests (session_key);
CREATE INDEX auth_challenges_by_address ON auth_challenges (address, expires_at);
CREATE INDEX gateway_cache_by_end ON gateway_cache (expires_at);
CREATE INDEX channel_messages_open ON channel_messages (due_at) WHERE fate = 'received';
CREATE INDEX channel_messages_queued ON channel_messages (run_id) WHERE fate = 'queued';
CREATE INDEX channel_messages_place ON channel_messages (channel, account, chat_id, message_id);
CREATE INDEX outbox_lane ON outbox (lane, place_in_lane) WHERE lane IS NOT NULL AND state IN ('prepared', 'attempted');
CREATE INDEX outbox_run ON outbox (run_id) WHERE lane IS NOT NULL;
CREATE INDEX outbox_settled ON outbox (state, created_at) WHERE lane IS NOT NULL;
CREATE INDEX channel_buttons_set ON channel_buttons (set_id);
CREATE INDEX hook_deliveries_by_run ON hook_deliveries (run_id);
CREATE INDEX hook_deliveries_owed ON hook_deliveries (received_at) WHERE target IS NOT NULL AND handed IS NULL;
CREATE INDEX runs_merged ON runs (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX outbox_due ON outbox (lane, place_in_lane) WHERE lane IS NOT NULL AND state = 'prepared';
CREATE INDEX gateway_calls_by_session ON gateway_calls (session_key, id);
CREATE INDEX gateway_hours_by_time ON gateway_hours (kind, hour);
CREATE INDEX snapshot_jobs_open ON snapshot_jobs (state, created_at);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN OLD.id > (SELECT MAX(id) FROM audit) - 100000
      BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
      BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
