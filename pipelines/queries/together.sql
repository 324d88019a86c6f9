-- Which behaviors go with this one: how many of the projects that show it show each other rule too, and how much more often than
-- among all projects that show anything: 1 is as often.
--   rule: as in execution/create-process
WITH shown_by AS (
    SELECT DISTINCT f.project_id, f.rule
    FROM findings AS f
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE f.counts AND s.artifact_id IS NULL
        AND f.catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
),
given AS (SELECT project_id FROM shown_by WHERE rule = $rule),
each AS (SELECT rule, count(*) AS projects FROM shown_by GROUP BY rule),
joint AS (SELECT s.rule, count(*) AS both FROM given AS g JOIN shown_by AS s ON s.project_id = g.project_id GROUP BY s.rule)
SELECT
    j.rule,
    j.both,
    g.projects AS of_those,
    e.projects AS of_all,
    round(1.0 * j.both * n.projects / (1.0 * g.projects * e.projects), 2) AS times_as_often
FROM joint AS j
JOIN each AS e ON e.rule = j.rule
CROSS JOIN (SELECT count(*) AS projects FROM given) AS g
CROSS JOIN (SELECT count(DISTINCT project_id) AS projects FROM shown_by) AS n
WHERE j.rule <> $rule
ORDER BY times_as_often DESC, j.both DESC, j.rule
