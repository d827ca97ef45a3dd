-- Two roles: tem_owner makes and changes the tables, tem works with their rows. Run once, by the
-- server's administrator, with psql; the passwords come from files.
\set ON_ERROR_STOP on
\set owner_password `cat /run/secrets/tem_owner_password`
\set password `cat /run/secrets/tem_password`

CREATE ROLE tem_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE tem LOGIN PASSWORD :'password';
CREATE DATABASE tem OWNER tem_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE tem FROM PUBLIC;
GRANT CONNECT ON DATABASE tem TO tem;

\connect tem
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO tem_owner;
GRANT USAGE ON SCHEMA public TO tem;
ALTER DEFAULT PRIVILEGES FOR ROLE tem_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tem;
ALTER DEFAULT PRIVILEGES FOR ROLE tem_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO tem;
