-- Which behaviors go together: every two rules that some of the most downloaded projects show both of, and how much more often than
-- if they had nothing to do with each other: 1 is as often.
--   top: how many projects of the ranking, as in 10000
--   least: in how many of them at least, as in 10
WITH shown_by AS (
    SELECT DISTINCT f.project_id, f.rule
    FROM current_ranking AS r
    JOIN projects AS p ON p.project = r.project
    JOIN findings AS f ON f.project_id = p.project_id
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE r.rank <= $top AND f.counts AND s.artifact_id IS NULL
        AND f.catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
),
each AS (SELECT rule, count(*) AS projects FROM shown_by GROUP BY rule),
joint AS (
    SELECT a.rule, b.rule AS other, count(*) AS both
    FROM shown_by AS a
    JOIN shown_by AS b ON b.project_id = a.project_id AND b.rule > a.rule
    GROUP BY a.rule, b.rule
    HAVING count(*) >= $least
)
SELECT
    j.rule,
    j.other,
    j.both,
    a.projects AS of_rule,
    b.projects AS of_other,
    round(1.0 * j.both * n.projects / (1.0 * a.projects * b.projects), 2) AS times_as_often
FROM joint AS j
JOIN each AS a ON a.rule = j.rule
JOIN each AS b ON b.rule = j.other
CROSS JOIN (SELECT count(DISTINCT project_id) AS projects FROM shown_by) AS n
ORDER BY times_as_often DESC, j.both DESC, j.rule, j.other
