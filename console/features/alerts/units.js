// Values of alerts in the unit of their rule; names of units as in processors/alerts/rule.py.

const FORMATTERS = {
  none: () => "",
  percent: (value) => `${Math.round(value * 100)} %`,
  persons_per_square_metre: (value) => `${value.toFixed(1)} /m²`,
  per_second_squared: (value) => `${value.toFixed(3)} s⁻²`,
  per_minute: (value) => `${value.toFixed(0)} / min`,
  minutes: (value) => `${value.toFixed(0)} min`,
  times: (value) => `× ${value.toFixed(0)}`,
};

/** The value in a unit; of an alert whose rule is no longer there, the bare number. */
export const valueText = (value, unit) => (FORMATTERS[unit] ?? ((number) => number.toFixed(2)))(value);
