import * as z from "zod";
import { defineSection } from "../section.ts";

/** The OpenAI-compatible API at `/v1/`. Every caller needs a token, so it is on from the start. */
export const httpApiSection = defineSection({
  name: "httpApi",
  schema: z
    .strictObject({
      enabled: z.boolean().describe("Whether `/v1/` answers. Every caller needs an API token."),
      requestsPerMinute: z.int().min(1).max(100_000).describe("For each token."),
      onDisconnect: z.enum(["auto", "stop", "finish"]).meta({
        title: "When the caller hangs up",
        description: "Stop the run, or let it finish. `auto` stops it unless the answer can be asked for again.",
      }),
      answerTimeoutSeconds: z.int().min(5).max(3_600).describe("How long an answer that is not streamed is waited for."),
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
        .max(50)
        .describe("Pages of other origins that may call it, such as `https://chat.example.com`."),
    })
    .meta({
      title: "OpenAI-compatible API",
      description: "For chat interfaces and programs that speak OpenAI's API, at `/v1/`.",
    }),
  defaults: { enabled: true, requestsPerMinute: 240, onDisconnect: "auto", answerTimeoutSeconds: 600, allowedOrigins: [] },
});
