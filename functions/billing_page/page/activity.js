// Who changed what and when, newest first.
import { actionWords, actorWords, differenceWords, subjectWords } from "./activity_words.js";
import { ask } from "./api.js";
import { h, note } from "./dom.js";
import { moment } from "./format.js";
import { growing, table } from "./list.js";
import { copyBare } from "./numbers.js";
import { settingsView } from "./settings_index.js";
import { loadNames } from "./whom.js";
import { translator } from "./words.js";
import words from "messages/activity";

const t = translator(words);

export function activityPage() {
	const place = h("div");
	const named = loadNames();
	growing(place, async (cursor) => {
		const found = await ask("GET", "/activity", { query: { cursor } });
		return { ...found, names: await named };
	}, show, 6);
	return settingsView(t("title"), t("lead"), h("div.card", copyBare(place)));
}

function show(items, { names }) {
	if (!items.length) return note("plain", t("none"));
	return table([t("time"), t("what"), t("who")], items.map((one) => row(one, names)), { looks: "activity", caption: t("title") });
}

function row(change, names) {
	const { at, by, from, subject, old, new: now } = change;
	const about = subjectWords(subject, names);
	const rows = differenceWords(old, now, names);
	return [moment(at),
		h("span", h("strong.block", actionWords(change)), about ? h("bdi.block.digits", about) : null, rows.map((text) => h("span.hint.block", text))),
		h("span", h("bdi.block.digits", actorWords(by)), from ? h("span.hint.block", t("from", { address: from })) : null)];
}
