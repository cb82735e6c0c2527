-- Who asks for the letter to a guest again names an e-mail.
create index people_guests_by_email on people (email) where is_guest;
