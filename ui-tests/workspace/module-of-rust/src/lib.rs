mod accounts;

partitura::app! { pub Bank { modules: [accounts] } }
