-- Why eligible projects were not scanned.
--   in:  placed
--   out: tier, why, projects
SELECT tier, why, count(*) AS projects
FROM placed
WHERE why IS NOT NULL
GROUP BY tier, why
ORDER BY tier, why
