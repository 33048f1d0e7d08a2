/** What ends TLS in front of a server, as a proxy with a certificate does: every byte inside goes on as it came. Loopback only. */

import "reflect-metadata";
import { createHash } from "node:crypto";
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";

export interface HttpsFront {
  port: number;
  /** Chromium takes the certificate for a good one with these flags, and finds the name here. */
  browserFlags: string[];
  close(): Promise<void>;
}

export async function startHttpsFront(name: string, target: { port: number }): Promise<HttpsFront> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
  });
  const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  const server = createServer({ cert: certificate.toString("pem"), key }, (inside) => {
    const far = connect(target.port, "127.0.0.1");
    far.on("error", () => inside.destroy());
    inside.on("error", () => far.destroy());
    inside.pipe(far).pipe(inside);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const spki = createHash("sha256").update(new Uint8Array(certificate.publicKey.rawData)).digest("base64");
  return {
    port: (server.address() as AddressInfo).port,
    browserFlags: [`--ignore-certificate-errors-spki-list=${spki}`, `--host-resolver-rules=MAP ${name} 127.0.0.1`],
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
