-- What is rarest in a tier: the rules that somebody of it shows, the rarest first, beside the whole population (policy `installed`).
--   tier: as in top-1000
SELECT
    n.rule,
    r.kind,
    r.sentence,
    n.yes,
    n.scanned,
    round(100.0 * n.yes / n.scanned, 3) AS percent,
    round(100.0 * a.yes / a.scanned, 3) AS percent_of_all,
    n.label
FROM latest_prevalence AS n
JOIN latest_prevalence AS a ON a.run_id = n.run_id AND a.rule = n.rule AND a.tier = 'all'
JOIN current_rules AS r ON r.rule = n.rule
WHERE n.tier = $tier AND n.policy = 'installed' AND n.unit = 'project' AND n.yes > 0
ORDER BY n.yes, a.yes, n.rule
