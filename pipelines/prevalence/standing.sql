-- Where each project of the population stands: absent, not eligible, not scanned, scanned in part or in full.
--   in:  population, chosen (project_id, artifact_id), current_scans, scans
--   out: project, project_id, rank, absent, eligible, scanned, partly (0 or 1 each), why (of those eligible but not scanned)
SELECT
    p.project,
    p.project_id,
    p.rank,
    CASE WHEN p.status = 'absent' THEN 1 ELSE 0 END AS absent,
    CASE WHEN f.files > 0 THEN 1 ELSE 0 END AS eligible,
    CASE WHEN f.done > 0 THEN 1 ELSE 0 END AS scanned,
    CASE WHEN f.done > 0 AND f.whole < f.files THEN 1 ELSE 0 END AS partly,
    CASE WHEN f.files > 0 AND f.done = 0 THEN coalesce(f.outcome, 'not yet tried') END AS why
FROM population AS p
LEFT JOIN (
    SELECT
        c.project_id,
        count(*) AS files,
        sum(CASE WHEN s.artifact_id IS NOT NULL THEN 1 ELSE 0 END) AS done,
        sum(CASE WHEN s.outcome = 'ok' THEN 1 ELSE 0 END) AS whole,
        max(t.outcome) AS outcome
    FROM chosen AS c
    LEFT JOIN current_scans AS s ON s.artifact_id = c.artifact_id
    LEFT JOIN (SELECT artifact_id, max(outcome) AS outcome FROM scans GROUP BY artifact_id) AS t ON t.artifact_id = c.artifact_id
    GROUP BY c.project_id
) AS f ON f.project_id = p.project_id
