"""Festival data that several features share: days, programme, map, walking routes and live state."""
