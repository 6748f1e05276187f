// Keeps the main part of the page fresh: asks for the page again every two seconds, and puts what is new in place of
// what is old, element by element, so that focus, selection and what somebody types stay. All of it also works without.
"use strict";

const EVERY = 2000; // milliseconds
const PATIENCE = 10000; // milliseconds for an answer: a forwarded port may stall without an end
const state = document.getElementById("live");
const news = document.getElementById("news");
const pause = document.getElementById("pause");
let tag = "";
let told = summary(document);
let isPaused = false;
let lost = null;
let trouble = ""; // why what is seen may be old

function summary(page) {
  const words = page.getElementById("summary");
  return words === null ? "" : words.textContent;
}

// Make the element *old* like *fresh*, changing no more than what differs.
function renew(old, fresh) {
  for (const each of [...old.attributes]) {
    if (!fresh.hasAttribute(each.name)) old.removeAttribute(each.name);
  }
  for (const each of fresh.attributes) {
    if (old.getAttribute(each.name) !== each.value) old.setAttribute(each.name, each.value);
  }
  const wanted = [...fresh.childNodes];
  for (let place = 0; place < wanted.length; place++) {
    const [here, there] = [old.childNodes[place], wanted[place]];
    if (here === undefined) {
      old.append(there);
    } else if (!isLike(here, there)) {
      const known = there.id ? document.getElementById(there.id) : null;
      if (known !== null && known.parentNode === old && isLike(known, there)) {
        old.insertBefore(known, here);
        renew(known, there);
      } else {
        old.insertBefore(there, here);
      }
    } else if (here.nodeType === Node.ELEMENT_NODE) {
      renew(here, there);
    } else if (here.nodeValue !== there.nodeValue) {
      here.nodeValue = there.nodeValue;
    }
  }
  while (old.childNodes.length > wanted.length) old.lastChild.remove();
}

function isLike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

function say() {
  const words = isPaused ? "Paused." : trouble || "Live.";
  if (state.textContent !== words) state.textContent = words;
}

// Take over what is new, unless somebody pauses meanwhile, and return what is wrong with what is seen.
async function look() {
  const headers = tag ? { "If-None-Match": tag } : {};
  const answer = await fetch(location.href, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  const text = await answer.text();
  if (answer.status === 404) return "There is nothing at this address now; what you see may be old. Still trying.";
  if (answer.status === 200 && !isPaused) {
    const page = new DOMParser().parseFromString(text, "text/html");
    tag = answer.headers.get("ETag") || "";
    renew(document.getElementById("main"), page.getElementById("main"));
    document.title = page.title;
    if (told !== summary(page)) news.textContent = told = summary(page);
  } else if (answer.status !== 200 && answer.status !== 304) {
    throw new Error(`status ${answer.status}`);
  }
  return "";
}

async function turn() {
  if (!isPaused && !document.hidden) {
    try {
      trouble = await look();
      lost = null;
    } catch {
      if (lost === null) lost = new Date().toLocaleTimeString();
      trouble = `No answer since ${lost}; what you see may be old. Still trying.`;
    }
    say();
  }
  setTimeout(turn, EVERY);
}

pause.hidden = false;
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.textContent = isPaused ? "Go on" : "Pause";
  say();
});
say();
setTimeout(turn, EVERY);
