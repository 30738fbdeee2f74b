// The views that main.js loads on demand.
export { callsPage } from "./calls.js";
export { historyPage } from "./history.js";
export { linesPage } from "./lines.js";
export { ratesPage } from "./rates.js";
export { ruleForm } from "./recharge_form.js";
export { spendPage } from "./spend.js";
export { statementPage } from "./statement.js";
