// Freezes the account in an emergency. Only the provider can undo it.
import { ask } from "./api.js";
import { deliberate, dialog, failure, fill, h, load, note, say } from "./dom.js";
import { settingsView } from "./settings_index.js";
import { memberNote, providerLink } from "./whom.js";
import { translator } from "./words.js";
import words from "messages/freeze";

const t = translator(words);
const STOPS = ["calls", "recharge", "payments", "links", "looser"];
const GOES_ON = ["domestic", "running", "reading"];

export function freezePage(_query, { isAdmin }) {
	const place = h("div");
	load(place, () => ask("GET", "/limits"), ({ frozen }) => (frozen ? isFrozen() : isAdmin ? offer(place) : null), 3);
	return settingsView(t("title"), t("lead"), isAdmin ? null : memberNote(t("readOnly")), h("div.card", place));
}

function isFrozen() {
	return note("bad", t("isFrozen"), h("p", t("undo")), h("p", providerLink()));
}

const effects = () => [h("h2", t("whatStops")), h("ul", STOPS.map((name) => h("li", t(`stops_${name}`)))), h("h2", t("whatGoesOn")), h("ul", GOES_ON.map((name) => h("li", t(`goes_${name}`)))), h("p", h("strong", t("undo")))];

function offer(place) {
	return [effects(), h("div.actions", h("button.danger", { onclick: () => confirm(place) }, t("freeze")))];
}

function confirm(place) {
	const alert = h("div", { role: "alert" });
	const yes = deliberate(h("button.danger", { onclick: freeze }, t("freezeNow")));
	const box = dialog(t("sure"), h("p", t("sureWords")), h("p", h("strong", t("undo"))), alert, h("div.actions", h("button", { onclick: () => box.close() }, t("keep")), yes));
	async function freeze() {
		yes.disabled = true;
		fill(alert);
		try {
			await ask("POST", "/freeze", { body: {} });
			box.close();
			fill(place, isFrozen());
			say(t("isFrozen"));
			place.closest("section").querySelector("h1").focus();
		} catch (problem) {
			yes.disabled = false;
			fill(alert, failure(problem));
		}
	}
}
