-- Which project shows which rule in the artifacts that speak for it, where it counts by default.
--   in:  findings, found, chosen, catalog
--   out: project_id, rule (distinct)
SELECT DISTINCT f.project_id, f.rule
FROM (
    SELECT project_id, artifact_id, rule FROM findings WHERE counts AND catalog = (SELECT catalog FROM catalog)
    UNION ALL
    SELECT project_id, artifact_id, rule FROM found WHERE counts
) AS f
JOIN chosen AS c ON c.artifact_id = f.artifact_id
