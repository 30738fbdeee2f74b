// Creates elements. Strings become text nodes; the page never parses HTML from a string.
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

const DOUBLE_CLICK_MS = 600;
const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "hidden", "open", "selected", "indeterminate"]);

/** Create an element from `tag.class.class`, optional attributes (`onclick` adds a listener), and children. A button submits
 * only with `type: "submit"`. */
export function h(kind, ...rest) {
	const [tag, ...classes] = kind.split(".");
	const element = document.createElement(tag);
	if (tag === "button") element.type = "button";
	if (classes.length) element.className = classes.join(" ");
	const hasAttributes = rest[0] && Object.getPrototypeOf(rest[0]) === Object.prototype;
	return furnish(element, hasAttributes ? rest.shift() : {}, rest);
}

export function s(tag, attributes = {}, ...children) {
	return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (value == null || value === false) continue;
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (AS_PROPERTY.has(name)) element[name] = value;
		else element.setAttribute(name, value === true ? "" : value);
	}
	return fill(element, children);
}

export function fill(element, ...children) {
	element.replaceChildren(...children.flat(4).filter((child) => child != null && child !== false));
	return element;
}

export const page = (title, lead, ...content) => h("section.page", h("h1", { tabindex: "-1" }, title), lead && h("p.lead", lead), ...content);

/** Announce a message to screen readers. */
export function say(words) {
	const place = document.getElementById("announcer");
	place.textContent = "";
	setTimeout(() => { place.textContent = words; }, 50);
}

let count = 0;

export const fresh = (name) => `${name}-${(count += 1)}`;

/** A labeled field with a hint; `fails` shows or clears an error. */
export function field(label, input, hint) {
	input.id ||= fresh("field");
	const notes = h("p.hint", { id: `${input.id}-hint` }, hint ?? "");
	const error = h("p.error", { id: `${input.id}-error`, role: "alert" });
	input.setAttribute("aria-describedby", notes.id);
	const box = h("div.field", h("label", { for: input.id }, label), wrapped(input), notes, error);
	box.fails = (words) => {
		error.textContent = words ?? "";
		if (words) input.setAttribute("aria-invalid", "true");
		else input.removeAttribute("aria-invalid");
		input.setAttribute("aria-describedby", (words ? error : notes).id);
	};
	return box;
}

export const amountInput = (name, value, oninput) => h("input", { type: "text", inputmode: "decimal", autocomplete: "off", name, value, "data-unit": "$", required: true, oninput });

function wrapped(input) {
	return input.dataset.unit ? h("span.unit", { "data-unit": input.dataset.unit }, input) : input;
}

const ICONS = {
	check: "M5 13l5 5L20 7",
	alert: "M12 8v5M12 16.5v.5M12 3l10 18H2z",
	info: "M12 11v6M12 7.5v.5M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z",
};

function icon(name) {
	const line = { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };
	return s("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, s("path", line));
}

/** A panel; kind is good, bad, wait, or plain. */
export function note(kind, title, ...more) {
	const shown = { good: "check", plain: "info" }[kind] ?? "alert";
	return h("div", { class: `note ${kind}` }, icon(shown), h("div", title ? h("strong", title) : null, ...more));
}

/** Move to the card that has this heading. */
export function goTo(id) {
	const title = document.getElementById(id);
	title.scrollIntoView({ block: "start" });
	title.closest("section").querySelector("input:enabled, select, button:enabled")?.focus({ preventScroll: true });
}

/** A modal dialog; closing removes it. */
export function dialog(title, ...content) {
	const id = fresh("dialog");
	const box = h("dialog", { "aria-labelledby": id },
		h("div.dialog-head", h("h2", { id }, title),
			h("button.quiet", { "aria-label": t("close"), onclick: () => box.close() }, "✕")),
		...content);
	box.addEventListener("close", () => box.remove());
	box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
	document.body.append(box);
	box.showModal();
	return box;
}

/** The button of a dialog, which works a moment later: the second click of a double-click on what is under it does nothing. */
export function deliberate(button) {
	button.disabled = true;
	setTimeout(() => { button.disabled = false; }, DOUBLE_CLICK_MS);
	return button;
}

/** Ask for confirmation; resolves to true or false. `kind` is the class of the button. */
export function confirmed(title, words, action, kind = "danger") {
	return new Promise((answer) => {
		const no = h("button", { onclick: () => box.close() }, t("cancel"));
		const yes = deliberate(h(`button.${kind}`, { onclick: () => { answer(true); box.close(); } }, action));
		const box = dialog(title, h("p", words), h("div.actions", no, yes));
		box.addEventListener("close", () => answer(false));
	});
}

/** Show the data that `look` fetches, or a skeleton, or the error with a retry button. */
export async function load(place, look, show, rows = 3) {
	const turn = {};
	place.turn = turn; // Only the latest of several concurrent loads is shown.
	place.setAttribute("aria-busy", "true");
	if (!place.childElementCount) fill(place, h("div.skeleton", { "aria-hidden": "true" }, Array.from({ length: rows }, () => h("span"))));
	try {
		const data = await look();
		if (place.turn === turn) fill(place, show(data));
	} catch (problem) {
		if (place.turn === turn) fill(place, failure(problem, () => { fill(place); load(place, look, show, rows); }));
	} finally {
		if (place.turn === turn) place.removeAttribute("aria-busy");
	}
}

/** An error message, with a button to retry if `again` is given. */
export function failure(problem, again) {
	if (!problem.detail) throw problem;
	const box = h("div", { role: "alert" }, note("bad", problem.title, h("p", problem.detail),
		again ? h("button", { onclick: () => again() }, t("tryAgain")) : null));
	if (problem.code === "offline" && again) {
		addEventListener("online", () => { if (box.isConnected) again(); }, { once: true });
	}
	return box;
}
