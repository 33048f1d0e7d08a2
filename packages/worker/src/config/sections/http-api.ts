import * as z from "zod";
import { defineSection } from "../section.ts";

/** The OpenAI-compatible API at `/v1/`. Every caller needs a token, so it is on from the start. */
export const httpApiSection = defineSection({
  name: "httpApi",
  schema: z.strictObject({
    enabled: z.boolean(),
    /** Of one token. */
    requestsPerMinute: z.int().min(1).max(100_000),
    /** What becomes of a run whose client closed the connection: see docs/http-api.md. */
    onDisconnect: z.enum(["auto", "stop", "finish"]),
    /** How long an answer that is not streamed is waited for. */
    answerTimeoutSeconds: z.int().min(5).max(3_600),
    /** Pages of other origins that may call it, such as `https://chat.example.com`. */
    allowedOrigins: z
      .array(
        z
          .string()
          .max(300)
          .refine(
            (text) => URL.canParse(text) && new URL(text).origin === text,
            "must be an origin, such as https://chat.example.com",
          ),
      )
      .max(50),
  }),
  defaults: { enabled: true, requestsPerMinute: 240, onDisconnect: "auto", answerTimeoutSeconds: 600, allowedOrigins: [] },
});
