// Telephone numbers in groups, as people read them. Only spaces are added; no digit is changed.

const TWO_DIGIT_CODES = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98".split(" ");

/** Groups of national numbers by country code; each is used where its digits add up to the length. */
const GROUPS = {
	1: ["334"], 7: ["3322"], 27: ["234"], 31: ["234"], 32: ["2222", "1233"], 33: ["12222"], 34: ["333"], 39: ["334"], 41: ["2322"], 45: ["2222"], 47: ["323", "2222"],
	48: ["333"], 52: ["244"], 54: ["244"], 55: ["254", "244"], 61: ["144"], 64: ["234", "134"], 65: ["44"], 66: ["234", "134"], 81: ["244", "144"], 82: ["244", "234"], 86: ["344", "244"],
	91: ["55"], 353: ["234"], 852: ["44"], 971: ["234", "134"], 972: ["234", "134"],
};

/** `+442071838750` as `+44 20 7183 8750`. Any other text, such as an erased number, stays as it is. */
export function spaced(number) {
	if (!/^\+[1-9]\d{6,14}$/.test(number)) return number;
	const digits = number.slice(1);
	const code = /^[17]/.test(digits) ? digits[0] : TWO_DIGIT_CODES.includes(digits.slice(0, 2)) ? digits.slice(0, 2) : digits.slice(0, 3);
	const national = digits.slice(code.length);
	const blocks = [];
	let at = 0;
	for (const size of groups(code, national)) blocks.push(national.slice(at, (at += size)));
	return [`+${code}`, ...blocks].join(" ");
}

function groups(code, national) {
	if (code === "44" && national.length === 10) return national.startsWith("2") ? [2, 4, 4] : national.startsWith("7") ? [4, 6] : [4, 3, 3];
	const known = (GROUPS[code] ?? []).map((sizes) => [...sizes].map(Number)).find((sizes) => sizes.reduce((sum, size) => sum + size, 0) === national.length);
	return known ?? inThrees(national.length);
}

/** Blocks of three, with one block of two or four where needed; up to four digits stay together. */
function inThrees(length) {
	if (length <= 4) return [length];
	if (length % 3 === 2) return [2, ...inThrees(length - 2)];
	return length % 3 === 1 ? [...Array((length - 4) / 3).fill(3), 4] : Array(length / 3).fill(3);
}

/** Copy numbers without the spaces, from any selection within `place`. */
export function copyBare(place) {
	place.addEventListener("copy", (event) => {
		const text = String(getSelection());
		const bare = text.replace(/\+\d[\d ]{6,}\d/g, (number) => number.replaceAll(" ", ""));
		if (text === bare) return;
		event.clipboardData.setData("text/plain", bare);
		event.preventDefault();
	});
	return place;
}
