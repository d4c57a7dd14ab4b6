// Keeps a questionnaire usable without a connection, once a respondent asked for it: pages to read, answers that wait.
// What lies on the device is sealed (AES-GCM). The key comes from the server and lives in the open tab alone.
"use strict";
const SHELL = "rapport-shell"; // style, scripts, fonts and two pages that say nothing about anybody
const HAND_IN = "/answer/hand-in", REVIEW = "/answer/review", NO_LINE = "/offline/none", LEFT = "/offline/left";
const PART = /^\/answer\/part\/[^/]+$/;
const OURS = /^\/($|answer|position|resume|offline|handed-in|finished|finish|i$|privacy|stored|accessibility)/; // of respondents
const PATIENCE = 20000; // milliseconds, as long as autosave waits
let key = null;

const isKept = (path) => path === "/answer" || path === REVIEW || PART.test(path);

// What lies on this device ---------------------------------------------------------------------------------------------

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("rapport", 1);
    asked.onupgradeneeded = () => ["pages", "forms", "notes"].forEach((one) => asked.result.createObjectStore(one, { keyPath: "name" }));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function ask(store, mode, act) {
  const base = await open();
  try {
    return await new Promise((done, fail) => {
      const turn = base.transaction(store, mode);
      const asked = act(turn.objectStore(store));
      turn.oncomplete = () => done(asked.result);
      turn.onerror = turn.onabort = () => fail(turn.error);
    });
  } finally {
    base.close();
  }
}

const read = (store, name) => ask(store, "readonly", (one) => one.get(name));
const readAll = (store) => ask(store, "readonly", (one) => one.getAll());
const write = (store, row) => ask(store, "readwrite", (one) => one.put(row));
const drop = (store, name) => ask(store, "readwrite", (one) => one.delete(name));
const empty = (store) => ask(store, "readwrite", (one) => one.clear());

async function haveKey() {
  if (key) return key;
  for (const page of await clients.matchAll({ type: "window", includeUncontrolled: true })) {
    const given = await new Promise((done) => {
      const line = new MessageChannel();
      line.port1.onmessage = (event) => done(event.data);
      page.postMessage({ ask: "key" }, [line.port2]);
      setTimeout(done, 800, null);
    });
    if (given) return takeKey(given);
  }
  return null;
}

async function takeKey(hex) {
  const bytes = new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
  return (key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]));
}

async function sealed(store, name, text) {
  const iv = crypto.getRandomValues(new Uint8Array(12)), words = new TextEncoder();
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: words.encode(store + name) }, await haveKey(), words.encode(text));
  return { name, iv, box };
}

async function unsealed(store, row) {
  if (!row || !(await haveKey())) return null;
  try {
    const additionalData = new TextEncoder().encode(store + row.name);
    return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData }, key, row.box));
  } catch {
    return null; // sealed for somebody else, or for this person before another start: nobody can read it any more
  }
}

async function forget() {
  key = null;
  await Promise.all(["pages", "forms", "notes"].map(empty));
}

async function wipe() {
  await forget();
  indexedDB.deleteDatabase("rapport");
  await caches.delete(SHELL);
  await registration.unregister();
}

// Answers --------------------------------------------------------------------------------------------------------------

const soon = (promise) => Promise.race([promise, new Promise((_, fail) => setTimeout(fail, PATIENCE, new Error("too slow")))]);

async function reach(request, given) {
  const answer = await soon(fetch(request, given));
  if (answer.status >= 502 && answer.status <= 504) throw new Error("the server is away");
  return answer;
}

async function note(path, typed, waiting) {
  const rows = await readAll("forms"), before = rows.find((row) => row.name === path);
  if (waiting && before && before.waiting && !/(^|&)go=on(&|$)/.test(typed)) {
    if (/(^|&)go=on(&|$)/.test((await unsealed("forms", before)) || "")) typed += "&go=on"; // the page was passed, and stays so
  }
  await drop("notes", "verdict");
  const turn = 1 + Math.max(0, ...rows.map((row) => row.turn));
  await write("forms", { ...(await sealed("forms", path, typed)), waiting, turn, refused: false });
}

async function keep(path, typed, navigates) {
  if (!(await haveKey())) return navigates ? fromShell(NO_LINE) : Response.error();
  const handsIn = /(^|&)go=hand-in(&|$)/; // a questionnaire of one page: saved first, handed in last
  await note(path, typed.replace(handsIn, "$1go=on$2"), true);
  if (handsIn.test(typed)) await note(HAND_IN, "", true);
  await tell();
  if (navigates) return Response.redirect(await wayOn(path, new URLSearchParams(typed)), 303);
  const words = await read("notes", "waiting");
  return new Response(words ? words.value : "", { headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

async function wayOn(path, fields) {
  if (path === HAND_IN || fields.get("go") === "hand-in") return REVIEW;
  if (fields.get("language")) return path;
  const { value: order } = (await read("notes", "order")) || { value: [path] };
  const place = order.indexOf(path) + (fields.get("go") === "back" ? -1 : 1);
  return place < 0 ? "/answer" : order[place] || REVIEW;
}

async function send(request, path) {
  const typed = await request.clone().text(), navigates = request.mode === "navigate";
  if (path === HAND_IN) {
    await drop("forms", HAND_IN); // if it cannot go now, it waits again
    if (!(await flush())) {
      const stuck = (await readAll("forms")).find((row) => row.refused);
      return stuck ? Response.redirect(stuck.name, 303) : keep(path, typed, navigates);
    }
  }
  try {
    const answer = await reach(request);
    if (path !== HAND_IN && (answer.ok || answer.type === "opaqueredirect") && (await haveKey())) await note(path, typed, false);
    return answer;
  } catch {
    return keep(path, typed, navigates);
  }
}

let flushing = null;
function flush(page) {
  return (flushing = flushing || sendAll(page).finally(() => (flushing = null)));
}

// Sends what waits, in order; every post may arrive twice without harm. True when nothing is left but the handing in,
// which a page that asked then does itself, as if its button were pressed now.
async function sendAll(page) {
  const rows = (await readAll("forms")).filter((row) => row.waiting), pages = rows.filter((row) => row.name !== HAND_IN);
  if (pages.length && !(await haveKey())) return await tell(), false;
  for (const row of pages.sort((a, b) => a.turn - b.turn)) {
    const verdict = row.refused ? "refused" : await sendOne(row);
    if (verdict === "late" || verdict === "elsewhere") await dropWaiting(verdict);
    if (verdict !== "sent" && verdict !== "refused") return await tell(verdict), false;
  }
  if ((await readAll("forms")).some((row) => row.waiting && row.name !== HAND_IN)) return await tell(), false;
  if (pages.length) await write("notes", { name: "verdict", value: "sent" }); // said until the next answer
  await tell(page && rows.some((row) => row.name === HAND_IN) && (await online()) ? "hand-in" : "");
  return true;
}

const online = () => reach("/offline/none", { method: "HEAD" }).then(() => true, () => false);

async function sendOne(row) {
  const typed = await unsealed("forms", row);
  if (typed === null) return await drop("forms", row.name), "sent";
  const headers = { "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true" };
  let answer;
  try {
    answer = await reach(row.name + "?save=1", { method: "POST", body: typed, headers, redirect: "manual" });
  } catch {
    return "waiting";
  }
  if (answer.status === 410) return "late";
  if (answer.status === 403) return "link";
  if (answer.status === 204 || answer.type === "opaqueredirect") return "elsewhere";
  if ([409, 413, 422].includes(answer.status)) return await write("forms", { ...row, refused: true }), "refused";
  if (!answer.ok) return "waiting";
  const now = await read("forms", row.name); // answered again while this was on its way: then it still waits
  if (now && now.turn === row.turn) await write("forms", { ...row, waiting: false });
  return "sent";
}

async function dropWaiting(verdict) {
  await write("notes", { name: "verdict", value: verdict }); // said on every page from now on: nothing more is saved
  for (const row of await readAll("forms")) if (row.waiting) await drop("forms", row.name);
}

// Pages ----------------------------------------------------------------------------------------------------------------

async function visit(request, path) {
  if ((await read("notes", "leaving")) && (await left())) return Response.redirect("/finished", 303);
  try {
    if ((await readAll("forms")).some((row) => row.waiting)) await flush();
    const answer = await reach(request);
    if (path === "/handed-in" || path === "/finished") await wipe();
    else if (isKept(path) && answer.ok && !new URL(request.url).search && (await haveKey())) await keepPage(path, await answer.clone().text());
    return answer;
  } catch {
    return (await fromDevice(path)) || fromShell(path === LEFT ? LEFT : NO_LINE);
  }
}

// Finished without a connection: nothing is left here but the link, locked in a cookie that only the server can take back.
async function left() {
  try {
    return (await reach("/finish", { method: "POST" })).ok && (await wipe(), true);
  } catch {
    return false;
  }
}

async function finish(request) {
  try {
    return await reach(request);
  } catch {
    await forget();
    await write("notes", { name: "leaving", value: true });
    return Response.redirect(LEFT, 303);
  }
}

const keepPage = async (path, text) => write("pages", await sealed("pages", path, text));

async function fromDevice(path) {
  const text = await unsealed("pages", await read("pages", path));
  return text && new Response(text.replace("<html ", '<html data-kept="yes" '), { headers: { "Content-Type": "text/html; charset=utf-8", ...(await policy()) } });
}

// A page from the device obeys the same policy as one from the server.
async function policy() {
  const page = await caches.match(NO_LINE, { ignoreVary: true }), value = page && page.headers.get("Content-Security-Policy");
  return value ? { "Content-Security-Policy": value } : {};
}

const fromShell = async (request) => (await caches.match(request, { ignoreVary: true })) || fetch(request);

async function keepEverything(asked, tellHow) {
  const shell = await caches.open(SHELL);
  for (const one of [NO_LINE, LEFT]) await shell.put(one, await reach(one));
  for (const one of asked.statics) if (!(await shell.match(one))) await shell.add(one);
  await write("notes", { name: "waiting", value: asked.waiting });
  const kept = await read("notes", "language");
  if (kept && kept.value === asked.language && (await unsealed("pages", await read("pages", REVIEW)))) return;
  const review = await (await reach(REVIEW)).text();
  const parts = [...review.matchAll(/href="(\/answer\/part\/[^"]+)"/g)].map((found) => found[1]);
  if (!parts.length) return; // handed in already, or begun on another device: there is nothing to answer here
  await write("notes", { name: "order", value: parts });
  const paths = ["/answer", ...parts];
  for (const [done, path] of paths.entries()) {
    await keepPage(path, await (await reach(path)).text());
    tellHow({ done: done + 1, all: paths.length });
  }
  await keepPage(REVIEW, review);
  await write("notes", { name: "language", value: asked.language });
}

// Talking with pages ---------------------------------------------------------------------------------------------------

async function tell(verdict) {
  const rows = await readAll("forms").catch(() => []), stuck = rows.find((row) => row.refused);
  const waiting = rows.filter((row) => row.waiting).length, last = await read("notes", "verdict").catch(() => null);
  const state = verdict && verdict !== "waiting" ? verdict : stuck ? "refused" : waiting ? "waiting" : last ? last.value : "saved";
  for (const page of await clients.matchAll({ type: "window" })) page.postMessage({ state, waiting, path: stuck ? stuck.name : "" });
}

const ACTS = {
  key: (asked) => takeKey(asked.key),
  flush: () => flush("page"),
  forget: () => wipe(),
  keep: (asked, port) => keepEverything(asked, (how) => port.postMessage(how)),
  form: async (asked) => {
    const row = await read("forms", asked.path);
    return row && (asked.kept || row.waiting) ? unsealed("forms", row) : null;
  },
};

addEventListener("message", (event) => {
  const port = event.ports[0], act = ACTS[event.data.act];
  const work = act(event.data, port).then((found) => port.postMessage({ end: true, found: typeof found === "string" ? found : "" }), () => port.postMessage({ end: true, failed: true }));
  event.waitUntil(work);
});

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url), path = url.pathname;
  if (url.origin !== location.origin) return;
  if (request.method === "GET" && path.startsWith("/static/")) event.respondWith(fromShell(request));
  else if (request.method === "POST" && (PART.test(path) || path === HAND_IN)) event.respondWith(send(request, path));
  else if (request.method === "POST" && path === "/finish") event.respondWith(finish(request));
  else if (request.mode !== "navigate" || !OURS.test(path)) return;
  else if (request.method === "GET") event.respondWith(visit(request, path));
  else event.respondWith(reach(request).catch(() => fromShell(NO_LINE)));
});
