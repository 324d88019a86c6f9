-- What gaps could hide in a family: what they could in any of its projects.
--   in:  hides_of_projects, standing_of_projects, role_bit (role, bit)
--   out: project_id (the family), roles
SELECT h.project_id, sum(h."bit") AS roles
FROM (
    SELECT DISTINCT s.family AS project_id, b."bit"
    FROM hides_of_projects AS p
    JOIN standing_of_projects AS s ON s.unit = p.project_id
    JOIN role_bit AS b ON b.role >= 0 AND (p.roles & b."bit") <> 0
) AS h
GROUP BY h.project_id
