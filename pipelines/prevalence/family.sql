-- The family of each project: the projects whose files that speak name one source repository; each other project is its own.
-- A family goes by the smallest id in it.
--   in:  voice, metadata
--   out: project_id, family
WITH named AS (
    SELECT v.project_id, min(lower(m.repository)) AS repository
    FROM voice AS v
    JOIN metadata AS m ON m.artifact_id = v.artifact_id AND m.extractor = v.extractor
    WHERE m.repository IS NOT NULL
    GROUP BY v.project_id
)
SELECT n.project_id, f.family
FROM named AS n
JOIN (SELECT repository, min(project_id) AS family FROM named GROUP BY repository) AS f ON f.repository = n.repository
