/**
 * A base image from Debian's own packages, for a machine that reaches no registry: apt says what belongs together, the
 * packages are unpacked into a folder, and the engine takes the folder. No package runs its scripts; the few things they
 * would have made are made here.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MoltError } from "@moltworker/protocol/errors";
import { type DockerEngine, engineWords, textOf } from "./docker-engine.ts";
import { runProgram } from "./run-program.ts";

/** What both Dockerfiles would install, and what a Debian image has before that. */
const packages = [
  ...[
    "base-files",
    "base-passwd",
    "bash",
    "coreutils",
    "dash",
    "debianutils",
    "diffutils",
    "findutils",
    "grep",
    "gzip",
    "hostname",
  ],
  ...["libc-bin", "libstdc++6", "login", "mawk", "netbase", "perl-base", "sed", "tar", "util-linux"],
  ...["bzip2", "ca-certificates", "curl", "file", "gawk", "git", "iproute2", "jq", "less", "make", "patch", "procps"],
  ...["python3", "python3-pip", "python3-venv", "tini", "unzip", "xz-utils", "zip"],
];

/** The base image's tag; made when it is not there. Throws BUILD_FAILED. */
export async function debianBase(engine: DockerEngine, say: (text: string) => void): Promise<string> {
  const image = `moltworker-debian:${createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 12)}`;
  if ((await engine.call("GET", `/images/${encodeURIComponent(image)}/json`)).status === 200) return image;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0)
    throw new MoltError("BUILD_FAILED", {
      message: "the base can be made from packages on Debian only, as root",
      hint: "Build where a registry can be reached, without --base.",
    });
  say("making a base from Debian's packages …");
  const folder = mkdtempSync(join(tmpdir(), "moltworker-base-"));
  try {
    await unpackAll(await download(join(folder, "packages")), join(folder, "root"));
    finish(join(folder, "root"));
    await load(engine, join(folder, "root"), image);
    return image;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything that the packages need, as for a machine with nothing installed. Returns the files. */
async function download(folder: string): Promise<string[]> {
  mkdirSync(join(folder, "partial"), { recursive: true });
  const options = [
    "Dir::State::status=/dev/null",
    `Dir::Cache::archives=${folder}`,
    "APT::Install-Recommends=false",
    "Debug::NoLocking=1",
    "APT::Sandbox::User=root",
  ];
  const flags = options.flatMap((option) => ["-o", option]);
  const fetch = () => runProgram("apt-get", [...flags, "-qq", "-y", "--download-only", "install", ...packages]);
  await fetch().catch(async () => {
    await runProgram("apt-get", ["-qq", "update"]);
    await fetch();
  });
  return readdirSync(folder)
    .filter((name) => name.endsWith(".deb"))
    .map((name) => join(folder, name));
}

async function unpackAll(files: string[], root: string): Promise<void> {
  mkdirSync(join(root, "usr"), { recursive: true });
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", name));
    symlinkSync(`usr/${name}`, join(root, name));
  }
  for (const file of files)
    await runProgram("sh", ["-c", 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink', "sh", file, root]);
}

/** What the packages' own scripts would have made. */
function finish(root: string): void {
  const link = (target: string, path: string) => existsSync(join(root, path)) || symlinkSync(target, join(root, path));
  link("dash", "usr/bin/sh");
  link("gawk", "usr/bin/awk");
  const master = join(root, "usr/share/base-passwd");
  writeFileSync(join(root, "etc/passwd"), readFileSync(join(master, "passwd.master")));
  writeFileSync(join(root, "etc/group"), readFileSync(join(master, "group.master")));
  const authorities = join(root, "usr/share/ca-certificates");
  const bundle = readdirSync(authorities, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".crt"))
    .map((name) => readFileSync(join(authorities, name), "utf8").trimEnd());
  mkdirSync(join(root, "etc/ssl/certs"), { recursive: true });
  writeFileSync(join(root, "etc/ssl/certs/ca-certificates.crt"), `${bundle.join("\n")}\n`);
  for (const part of ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "boot", "var/cache"])
    rmSync(join(root, part), { recursive: true, force: true });
}

async function load(engine: DockerEngine, root: string, image: string): Promise<void> {
  const tar = spawn("tar", ["-C", root, "--numeric-owner", "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
  const [repo = "", tag = ""] = image.split(":");
  const query = new URLSearchParams({
    fromSrc: "-",
    repo,
    tag,
    changes: "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  });
  const answer = await engine.upload(`/images/create?${query}`, tar.stdout);
  const text = await textOf(answer);
  if (answer.statusCode !== 200 || text.includes('"error"'))
    throw new MoltError("BUILD_FAILED", {
      message: `the engine does not take the base: ${engineWords(text)}`,
      hint: "Check the engine's disk space, then try again.",
    });
}
