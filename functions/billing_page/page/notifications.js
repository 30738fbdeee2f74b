// Who gets e-mails about the account, in which language, and below which balance.
import { ask } from "./api.js";
import { amountInput, confirmed, failure, field, fill, h, load, note, say } from "./dom.js";
import { money, typedAmount } from "./format.js";
import { table } from "./list.js";
import { person } from "./session.js";
import { settingsView } from "./settings_index.js";
import { memberNote } from "./whom.js";
import { language, locale, translator } from "./words.js";
import words from "messages/notifications";

const t = translator(words);
const MOST = 10;
const ADDRESS = /^[^\s@,;<>"]+@[^\s@,;<>"]+\.[^\s@,;<>"]{2,}$/;

const sameAddress = (one, other) => one.toLowerCase() === other.toLowerCase();

export function notificationsPage(_query, user) {
	const place = h("div.parts");
	load(place, () => ask("GET", "/notifications"), (settings) => view(settings, user), 5);
	return settingsView(t("title"), t("lead"), user.isAdmin ? null : memberNote(t("readOnly")), place);
}

function view(loaded, { isAdmin }) {
	let settings = loaded;
	const [own, recipients, level] = [h("div"), h("div"), h("div")];
	const [alert, levelAlert] = [h("div", { role: "alert" }), h("div", { role: "alert" })];
	const listed = ({ address, language: spoken }) => ({ address, language: spoken });
	show();
	return [h("section.card", { "aria-labelledby": "own-title" }, h("h2", { id: "own-title" }, t("ownTitle")), own),
		h("section.card", { "aria-labelledby": "recipients-title" }, h("h2", { id: "recipients-title" }, t("recipients")), recipients, alert, isAdmin ? adding() : null),
		h("section.card", { "aria-labelledby": "level-title" }, h("h2", { id: "level-title" }, t("levelTitle")), level, levelAlert)];

	function show() {
		fill(own, ownLanguage());
		fill(recipients, recipientTable());
		fill(level, isAdmin ? levelForm() : h("p", settings.low_balance === null ? t("noLevel") : t("levelIs", { amount: money(settings.low_balance) })));
	}
	/** Save all with a change, and say so; if it fails, show why. A newer version is shown. Return whether it is saved. */
	async function save(change, done, place) {
		fill(alert);
		fill(levelAlert);
		const { recipients: all, low_balance: low, version } = settings;
		try {
			settings = await ask("PUT", "/notifications", { body: { recipients: all.map(listed), low_balance: low, version, ...change } });
			show();
			fill(place, note("good", done));
			say(done);
			return true;
		} catch (problem) {
			if (problem.current) settings = problem.current;
			if (problem.current) show();
			else fill(recipients, recipientTable());
			fill(place, failure(problem));
			return false;
		}
	}
	function ownLanguage() {
		const mine = settings.recipients.find(({ address }) => sameAddress(address, person().email));
		if (!mine) return h("p", t("notRecipient", { address: person().email }));
		const place = h("div", { role: "alert" });
		const select = languageSelect(mine.language, { name: "own" }, async (chosen) => {
			fill(place);
			try {
				({ language: mine.language } = await ask("PUT", "/notifications/language", { body: { language: chosen } }));
				settings = await ask("GET", "/notifications"); // Its version has moved.
				fill(recipients, recipientTable());
				say(t("languageSaved"));
			} catch (problem) {
				select.value = mine.language;
				fill(place, failure(problem));
			}
		});
		return [field(t("ownLanguage"), select, t("ownHint", { address: mine.address })), place];
	}
	function recipientTable() {
		if (!settings.recipients.length) return note("wait", t("noRecipients"), h("p", t("noRecipientsHint")));
		const columns = [t("address"), t("language"), t("state")];
		return table(isAdmin ? [...columns, ""] : columns, settings.recipients.map((one) => row(one)), { isNamed: true, looks: "recipients", caption: t("recipients") });
	}
	function row(one) {
		const { address, language: spoken, status, returned } = one;
		const isConfirmed = status === "confirmed";
		const state = h("span", h("span", { class: `pill ${isConfirmed ? "good" : "wait"}` }, t(isConfirmed ? "confirmed" : "waiting")), isConfirmed ? null : h("span.hint.block", t("waitingHint")),
			returned ? h("span.block", h("span.pill.wait", t(`returned_${returned}`)), h("span.hint.block", t("returnedHint"))) : null);
		if (!isAdmin) return [h("span.digits", address), t(`language_${spoken}`), state];
		const select = languageSelect(spoken, { "aria-label": t("languageOf", { address }), "data-of": address }, async (chosen) => {
			await save({ recipients: settings.recipients.map((other) => listed(other === one ? { address, language: chosen } : other)) }, t("languageSaved"), alert);
			recipients.querySelector(`select[data-of="${CSS.escape(address)}"]`)?.focus();
		});
		return [h("span.digits", address), select, state, h("button.quiet", { "aria-label": t("removeAddress", { address }), onclick: () => remove(one) }, t("remove"))];
	}
	async function remove({ address }) {
		const isLast = settings.recipients.length === 1;
		if (!await confirmed(t("removeTitle", { address }), t(isLast ? "removeLast" : "removeWords"), t("remove"))) return;
		await save({ recipients: settings.recipients.filter((other) => other.address !== address).map(listed) }, t("removed", { address }), alert);
		document.querySelector("form.adding input").focus();
	}
	function adding() {
		const input = h("input", { type: "email", name: "address", autocomplete: "off", autocapitalize: "none", spellcheck: "false", oninput: () => box.fails(null) });
		const box = field(t("newAddress"), input, t("newHint"));
		const select = languageSelect(language, { name: "language" });
		const button = h("button", { type: "submit" }, t("add"));
		return h("form.tools.adding", { novalidate: true, onsubmit: async (event) => {
			event.preventDefault();
			const address = input.value.trim();
			const isThere = settings.recipients.some((one) => sameAddress(one.address, address));
			const fault = !ADDRESS.test(address) ? t("invalidAddress") : isThere ? t("alreadyThere") : settings.recipients.length >= MOST ? t("tooMany", { count: MOST }) : null;
			box.fails(fault);
			if (fault) return input.focus();
			button.disabled = true;
			const all = [...settings.recipients.map(listed), { address, language: select.value }];
			if (await save({ recipients: all }, t("added", { address }), alert)) input.value = "";
			button.disabled = false;
			return undefined;
		} }, box, field(t("language"), select), button);
	}
	function levelForm() {
		const value = settings.low_balance === null ? "" : new Intl.NumberFormat(locale, { minimumFractionDigits: 2, useGrouping: false }).format(settings.low_balance);
		const input = amountInput("low_balance", value, () => box.fails(null));
		input.required = false;
		const box = field(t("level"), input, t("levelHint"));
		return h("form.tools", { novalidate: true, onsubmit: (event) => {
			event.preventDefault();
			const text = input.value.trim();
			const amount = text ? typedAmount(text) : null;
			if (text && amount === null) {
				box.fails(t("amountForm"));
				return input.focus();
			}
			return save({ low_balance: amount }, t(amount === null ? "levelRemoved" : "levelSaved"), levelAlert);
		} }, box, h("button", { type: "submit" }, t("save")));
	}
}

function languageSelect(value, attributes, changed) {
	const select = h("select", { ...attributes, onchange: () => changed?.(select.value) }, ["en", "fr"].map((code) => h("option", { value: code, selected: code === value }, t(`language_${code}`))));
	return select;
}
