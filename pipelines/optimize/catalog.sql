-- The catalog whose findings stay at hand: that of the newest numbers.
SELECT catalog
FROM runs
WHERE stage = 'prevalence' AND catalog IS NOT NULL
ORDER BY started_at DESC, run_id DESC
LIMIT 1
